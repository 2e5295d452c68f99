variable "alert_overrides" {
  description = "What is different here from the catalog's alerts, by id: { no_runs = { window_seconds = 900 } }."
  type = map(object({
    enabled        = optional(bool)
    threshold      = optional(number)
    window_seconds = optional(number)
    for_seconds    = optional(number)
  }))
  default = {}

  validation {
    condition     = length(setsubtract(keys(var.alert_overrides), keys(local.catalog.alerts))) == 0
    error_message = "alert_overrides must name alerts of infra/catalog.json: ${join(", ", keys(local.catalog.alerts))}."
  }
  validation {
    condition     = alltrue([for one in values(var.alert_overrides) : coalesce(one.window_seconds, 60) >= 60 && coalesce(one.for_seconds, 30) % 30 == 0])
    error_message = "alert_overrides need a window_seconds of at least 60, and for_seconds in steps of 30."
  }
}

variable "runbook_url" {
  description = "Where docs/runbook can be read, such as https://github.com/acme/tickover/blob/main/docs/runbook; unset: no link beside the page itself."
  type        = string
  default     = null

  validation {
    condition     = var.runbook_url == null || can(regex("^https://[^\\s]+[^/\\s]$", var.runbook_url))
    error_message = "runbook_url must be an https URL without / at its end."
  }
}

locals {
  # The pages of the runbook, with the names of this place in their commands.
  pages = {
    for id in keys(local.catalog.alerts) : id => replace(replace(replace(
      file("${path.module}/../docs/runbook/${id}.md"),
      "/P=my-project R=us-central1 .*/", "P=${var.project_id} R=${var.region}"),
      "production.tfvars", "${var.environment}.tfvars"),
      "us-east4", var.watch_region,
    )
  }

  alerts = {
    for id, alert in local.catalog.alerts : id => merge(
      alert,
      { enabled = contains(alert.stages, var.flags.rollout_stage) },
      { for key, value in try(var.alert_overrides[id], {}) : key => value if value != null },
    )
  }
}

# Each one is there at every stage, and switched on where it has a meaning. Its documentation is its page of the runbook.
resource "google_monitoring_alert_policy" "alert" {
  for_each = local.alerts

  project      = var.project_id
  display_name = "Tickover: ${each.value.title}"
  severity     = each.value.severity
  enabled      = each.value.enabled
  combiner     = "OR"
  user_labels = merge(
    { tickover = each.key, environment = var.environment },
    # So that whoever looks at it knows that this is meant.
    try(var.alert_overrides[each.key].enabled, null) == false ? { off = "chosen" } : {},
  )

  notification_channels = local.channels

  conditions {
    display_name = each.value.meaning

    condition_prometheus_query_language {
      query = format("(%s) %s %s",
        replace(replace(each.value.query, "$WINDOW", "${each.value.window_seconds}s"), "$SERVICE", local.service_names["api"]),
        each.value.compare,
        each.value.threshold,
      )
      duration            = "${each.value.for_seconds}s"
      evaluation_interval = "30s"
      # The metrics have no point before the first log line, and one apply has to do.
      disable_metric_validation = true
    }
  }

  documentation {
    content   = local.pages[each.key]
    mime_type = "text/markdown"
    subject   = "Tickover (${var.environment}): ${each.value.title}"

    dynamic "links" {
      for_each = var.runbook_url == null ? [] : [var.runbook_url]
      content {
        display_name = "Runbook"
        url          = "${links.value}/${each.key}.md"
      }
    }
  }

  depends_on = [google_project_service.api, google_logging_metric.metric]
}
