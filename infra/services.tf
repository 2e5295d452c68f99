# The services of the team: they register jobs, and are called when those are due.
variable "services" {
  description = "By name, as in the flag SCHEDULER_SERVICES; account: whose ID token it comes with; token_secret, webhook_secret: ids in Secret Manager."
  type = map(object({
    url            = string
    account        = optional(string)
    job_types      = optional(list(string), [])
    lane           = optional(string)
    signing        = optional(string, "oidc")
    private        = optional(bool, false)
    token_secret   = optional(string)
    webhook_secret = optional(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.services) : can(regex("^[a-z][a-z0-9-]{0,62}$", name)) && !can(regex("^(scheduler|rollout)-", name))])
    error_message = "services must be called as email-service: lower-case letters, digits and -, not beginning with scheduler- or rollout-."
  }
  validation {
    condition     = alltrue([for one in values(var.services) : can(regex(one.private ? "^https?://[^\\s?#@]+$" : "^https://[^\\s?#@]+$", one.url))])
    error_message = "services need an https url without credentials, query and fragment; only a private one may have http."
  }
  validation {
    condition     = alltrue([for one in values(var.services) : one.account == null || can(regex(local.account, one.account))])
    error_message = "services have a service account: NAME@PROJECT.iam.gserviceaccount.com."
  }
  validation {
    condition     = alltrue([for one in values(var.services) : one.lane == null || contains(local.lanes[*].name, coalesce(one.lane, "-"))])
    error_message = "services may only be given a lane of flags.scheduler_lanes."
  }
  validation {
    condition     = alltrue([for one in values(var.services) : contains(["oidc", "webhook"], one.signing) && (one.signing == "oidc" || one.webhook_secret != null)])
    error_message = "services are signed to with oidc or webhook; webhook needs webhook_secret, the id of its key in Secret Manager."
  }
  validation {
    condition     = alltrue([for id in flatten([for one in values(var.services) : [one.token_secret, one.webhook_secret]]) : id == null || can(regex("^[A-Za-z0-9_-]{1,255}$", id))])
    error_message = "services name secrets of this project by their id: letters, digits, - and _."
  }
}

locals {
  service_prefix = { for name in keys(var.services) : name => upper(replace(name, "-", "_")) }

  # The flags beside the table: EMAIL_SERVICE_URL and so on.
  service_urls = { for name, one in var.services : "${local.service_prefix[name]}_URL" => one.url }

  service_terms = {
    for name, one in var.services : name => {
      job_types = one.job_types
      lane      = one.lane
      private   = one.private
      signing   = one.signing
    }
  }
}
