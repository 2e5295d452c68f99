# The ticks: exactly the jobs that `npm run setup` wants (scripts/setup/desired.ts), so that each leaves the other's alone.
locals {
  # One a lane. A tick of a lane with dwell outlasts a minute, and Cloud Scheduler never has two executions of one job
  # outstanding: such a lane has two, on alternate minutes.
  jobs = flatten([
    for lane in local.lanes : !lane.dwells ? [
      { lane = lane.name, id = "tickover-${lane.name}", on = "", schedule = var.flags.scheduler_cadence },
      ] : [
      { lane = lane.name, id = "tickover-${lane.name}-even", on = " on even minutes", schedule = "*/2 * * * *" },
      { lane = lane.name, id = "tickover-${lane.name}-odd", on = " on odd minutes", schedule = "1-59/2 * * * *" },
    ]
  ])
}

resource "google_cloud_scheduler_job" "tick" {
  for_each = { for job in local.jobs : job.id => job }

  project     = var.project_id
  region      = var.region
  name        = each.key
  description = "Tickover: ticks lane ${each.value.lane}${each.value.on}"
  schedule    = each.value.schedule
  time_zone   = var.flags.scheduler_timezone

  # Cloud Scheduler waits 30 minutes at most.
  attempt_deadline = "${min(1800, var.flags.scheduler_request_timeout_seconds)}s"

  # Nothing ticks before somebody says so: npm run setup -- --resume.
  paused = true

  http_target {
    uri         = "${local.api_url}/cron/tick"
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    body        = base64encode(jsonencode({ lane = each.value.lane }))

    oidc_token {
      service_account_email = local.scheduler_email
      # The service's URL, not the path below it that it would be by default: Cloud Run and the function check that.
      audience = local.api_url
    }
  }

  # A failed tick is safe to repeat: after 5, 10, 20, 30 and 30 s.
  retry_config {
    retry_count          = 5
    max_retry_duration   = "0s"
    min_backoff_duration = "5s"
    max_backoff_duration = "30s"
    max_doublings        = 3
  }

  lifecycle {
    ignore_changes = [paused]
  }

  depends_on = [google_project_service.api, google_service_account.account]
}
