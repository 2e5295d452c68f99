variable "billing_account" {
  description = "The billing account that the project belongs to; unset: no budget. Terraform then needs roles/billing.costsManager on it."
  type        = string
  default     = null

  validation {
    condition     = var.billing_account == null || can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.billing_account))
    error_message = "billing_account must be an id such as 012345-6789AB-CDEF01: gcloud billing projects describe PROJECT_ID."
  }
}

variable "monthly_budget" {
  description = "What the whole project may cost a month, in the billing account's currency."
  type        = number
  default     = 20

  validation {
    condition     = var.monthly_budget >= 1 && floor(var.monthly_budget) == var.monthly_budget
    error_message = "monthly_budget must be a whole amount, 1 or more."
  }
}

locals {
  has_budget = var.billing_account != null
}

# It tells, and stops nothing.
resource "google_billing_budget" "month" {
  count = local.has_budget ? 1 : 0

  billing_account = var.billing_account
  display_name    = "Tickover (${var.environment})"

  budget_filter {
    projects        = ["projects/${var.project_number}"]
    calendar_period = "MONTH"
  }

  amount {
    specified_amount {
      units = tostring(var.monthly_budget)
    }
  }

  dynamic "threshold_rules" {
    for_each = [0.5, 0.9, 1]
    content {
      threshold_percent = threshold_rules.value
    }
  }

  # Whoever administers the billing account is told by default; a budget takes five channels more.
  dynamic "all_updates_rule" {
    for_each = length(var.notification_emails) + length(var.notification_channels) > 0 ? [true] : []
    content {
      monitoring_notification_channels = slice(local.channels, 0, min(5, length(local.channels)))
    }
  }

  depends_on = [google_project_service.api]
}
