# The environment flags that a team chooses. Their names are those of .env.example in lower case, and unless a comment
# says otherwise so are their defaults. What Terraform knows by itself (the URLs, accounts, people) is in function.tf.
variable "flags" {
  description = "The function's environment flags. npm run config tells what each one means."
  type = object({
    # The function's own default is json, a file of one process, which a service in the cloud loses with its instance.
    scheduler_storage                 = optional(string, "firestore")
    scheduler_cadence                 = optional(string, "* * * * *")
    scheduler_timezone                = optional(string, "UTC")
    scheduler_lanes                   = optional(string, "default")
    scheduler_concurrency             = optional(number, 5)
    scheduler_batch_size              = optional(number, 20)
    scheduler_cache_ttl               = optional(number, 300)
    database_max_connections          = optional(number, 20)
    scheduler_lease_seconds           = optional(number, 300)
    scheduler_tick_budget_seconds     = optional(number, 50)
    scheduler_request_timeout_seconds = optional(number, 1800)
    scheduler_max_skew_seconds        = optional(number, 10)
    scheduler_allowed_hosts           = optional(list(string), [])
    scheduler_private_hosts           = optional(list(string), [])
    enable_performance_monitoring     = optional(bool, true)
    rollout_stage                     = optional(number, 5)
    scheduler_shadow_mode             = optional(bool)
    rollout_legacy_loop               = optional(string, "off")
    rollout_legacy_poll_seconds       = optional(number, 10)
    rollout_canary_percent            = optional(number, 0)
    rollout_canary_jobs               = optional(list(string), [])
    rollout_canary_split              = optional(string, "stable")
    rollout_expected_jobs             = optional(list(string), [])
    rollout_tolerance_seconds         = optional(number, 130)
    rollout_ignore = optional(list(object({
      name    = string
      job     = string
      verdict = string
      owner   = string
      until   = string
      reason  = string
    })), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["json", "firestore"], var.flags.scheduler_storage)
    error_message = "flags.scheduler_storage must be json or firestore."
  }
  validation {
    condition     = var.environment != "production" || var.flags.scheduler_storage == "firestore"
    error_message = "flags.scheduler_storage must be firestore in production: json serves one process only."
  }
  validation {
    condition     = can(regex("^\\S+( \\S+){4}$", var.flags.scheduler_cadence))
    error_message = "flags.scheduler_cadence must be cron of five fields, such as */5 * * * *."
  }
  validation {
    condition     = can(regex("^[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2}$", var.flags.scheduler_timezone))
    error_message = "flags.scheduler_timezone must be an IANA time zone, such as UTC or Europe/Rome."
  }
  validation {
    condition     = alltrue([for part in split(",", var.flags.scheduler_lanes) : can(regex(local.lane, trimspace(part)))])
    error_message = "flags.scheduler_lanes must be name, name:dwell or name:dwell=SECONDS (60 to 600), separated by commas."
  }
  validation {
    # The names, and then the jobs: two for a lane that dwells.
    condition = length(split(",", var.flags.scheduler_lanes)) <= 20 && alltrue([for names in [
      [for part in split(",", var.flags.scheduler_lanes) : trimspace(split(":", part)[0])],
      flatten([for part in split(",", var.flags.scheduler_lanes) : [
        for suffix in strcontains(part, ":") ? ["-even", "-odd"] : [""] : "${trimspace(split(":", part)[0])}${suffix}"
      ]]),
    ] : length(distinct(names)) == length(names)])
    error_message = "flags.scheduler_lanes must name at most 20 lanes, none of them twice, and no two that need one job's name (a:dwell has a-even)."
  }
  validation {
    condition = alltrue([for range in [
      [var.flags.scheduler_concurrency, 1, 200],
      [var.flags.scheduler_batch_size, 1, 200],
      [var.flags.scheduler_cache_ttl, 0, 86400],
      [var.flags.database_max_connections, 1, 500],
      [var.flags.scheduler_lease_seconds, 10, 3600],
      [var.flags.scheduler_tick_budget_seconds, 1, 1500],
      [var.flags.scheduler_request_timeout_seconds, 30, 3600],
      [var.flags.scheduler_max_skew_seconds, 1, 300],
      [var.flags.rollout_stage, 0, 5],
      [var.flags.rollout_legacy_poll_seconds, 1, 300],
      [var.flags.rollout_canary_percent, 0, 100],
      [var.flags.rollout_tolerance_seconds, 1, 86400],
    ] : range[0] == floor(range[0]) && range[0] >= range[1] && range[0] <= range[2]])
    error_message = "flags has a number out of range; npm run config tells the range of each one."
  }
  validation {
    condition = var.flags.scheduler_request_timeout_seconds > max(var.flags.scheduler_tick_budget_seconds, [
      for part in split(",", var.flags.scheduler_lanes) : try(tonumber(split("=", part)[1]), strcontains(part, ":dwell") ? 75 : 0)
    ]...)
    error_message = "flags.scheduler_request_timeout_seconds must exceed scheduler_tick_budget_seconds and the dwell of every lane."
  }
  validation {
    condition     = var.environment != "production" || var.flags.rollout_stage != 2
    error_message = "flags.rollout_stage 2 is for qa alone; production goes from 1 to 3 once qa has passed 2."
  }
  validation {
    condition     = contains(["on", "off"], var.flags.rollout_legacy_loop)
    error_message = "flags.rollout_legacy_loop must be on or off."
  }
  validation {
    condition     = var.flags.rollout_legacy_loop == "off" || contains([0, 1, 3, 4], var.flags.rollout_stage)
    error_message = "flags.rollout_legacy_loop must be off at stages 2 and 5: the ticks have every job there."
  }
  validation {
    condition     = (var.flags.rollout_stage != 4) || ((var.flags.rollout_legacy_loop == "on") == (coalesce(var.flags.scheduler_shadow_mode, false)))
    error_message = "flags.rollout_legacy_loop on and scheduler_shadow_mode true go together at stage 4: the loop runs there in shadow only."
  }
  validation {
    condition     = !coalesce(var.flags.scheduler_shadow_mode, false) || contains([3, 4], var.flags.rollout_stage)
    error_message = "flags.scheduler_shadow_mode may be true at stages 3 and 4 only: elsewhere there is nothing to compare."
  }
  validation {
    condition     = contains(["stable", "alternate"], var.flags.rollout_canary_split)
    error_message = "flags.rollout_canary_split must be stable or alternate."
  }
  validation {
    condition = var.flags.rollout_stage == 3 || (
      var.flags.rollout_canary_percent == 0 && length(var.flags.rollout_canary_jobs) == 0 && var.flags.rollout_canary_split == "stable"
    )
    error_message = "flags.rollout_canary_percent, _jobs and _split count at stage 3 only; leave them out."
  }
  validation {
    condition = var.flags.rollout_canary_split == "stable" || (
      var.flags.rollout_canary_percent == 0 && length(var.flags.rollout_canary_jobs) == 0 && !coalesce(var.flags.scheduler_shadow_mode, false)
    )
    error_message = "flags.rollout_canary_split alternate gives every job to each path in turn: leave out the canary and the shadow."
  }
}

locals {
  lane = "^([a-z][a-z0-9_-]{0,62})(?::(dwell)(?:=(6[0-9]|[7-9][0-9]|[1-5][0-9]{2}|600))?)?$"

  # A part that cannot be read is left to the check above.
  lanes = [
    for part in [for text in split(",", var.flags.scheduler_lanes) : try(regex(local.lane, trimspace(text)), [text, null, null])] : {
      name          = part[0]
      dwells        = part[1] != null
      dwell_seconds = part[1] == null ? 0 : tonumber(coalesce(part[2], "75"))
    }
  ]

  chosen_flags = {
    for name, value in merge(var.flags, {
      scheduler_allowed_hosts = join(",", var.flags.scheduler_allowed_hosts)
      scheduler_private_hosts = join(",", var.flags.scheduler_private_hosts)
      rollout_canary_jobs     = join(",", var.flags.rollout_canary_jobs)
      rollout_expected_jobs   = join(",", var.flags.rollout_expected_jobs)
      rollout_ignore          = jsonencode(var.flags.rollout_ignore)
    }) : upper(name) => tostring(value) if value != null && value != ""
  }
}
