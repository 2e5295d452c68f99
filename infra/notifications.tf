variable "notification_emails" {
  description = "Who is written to when an alert fires, or the budget is near its end."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.notification_emails : can(regex("^[^\\s@]+@[^\\s@]+\\.[^\\s@]+$", one))])
    error_message = "notification_emails must be e-mail addresses."
  }
  validation {
    condition     = var.environment != "production" || length(var.notification_emails) + length(var.notification_channels) > 0
    error_message = "notification_emails or notification_channels must name somebody in production: an alert that nobody hears is none."
  }
}

variable "notification_channels" {
  description = "Channels that are there already (Slack, PagerDuty): gcloud beta monitoring channels list --format='value(name)'."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", one))])
    error_message = "notification_channels must be names such as projects/PROJECT/notificationChannels/123: gcloud beta monitoring channels list --format='value(name)'."
  }
}

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.notification_emails)

  project      = var.project_id
  display_name = "Tickover: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }

  lifecycle {
    # Or a channel would go before the policies that still name it, which is refused.
    create_before_destroy = true
  }

  depends_on = [google_project_service.api]
}

locals {
  channels = concat([for one in google_monitoring_notification_channel.email : one.name], var.notification_channels)
}
