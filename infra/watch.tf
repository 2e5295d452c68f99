# The dead-man's switch: from another region, and by nothing that the ticks depend on, it asks whether jobs wait. What it
# is told becomes a log line, and the alerts jobs_overdue and watch_silent look at those.
resource "google_cloud_scheduler_job" "watch" {
  project     = var.project_id
  region      = var.watch_region
  name        = "tickover-watch"
  description = "Asks Tickover in ${var.region} whether jobs are overdue"
  # A minute after the ticks of a cadence of five minutes: by then they have claimed what was due.
  schedule  = "1-59/5 * * * *"
  time_zone = "Etc/UTC"

  # Long enough for a cold start. There is no retry: the next look is five minutes away, and watch_silent notices when looks fail to come.
  attempt_deadline = "60s"

  # At stage 0 nothing of ours is due.
  paused = var.flags.rollout_stage == 0

  http_target {
    uri         = "${local.api_url}/health?max_overdue=0"
    http_method = "GET"

    oidc_token {
      service_account_email = local.watch_email
      audience              = local.api_url
    }
  }

  depends_on = [google_project_service.api, google_service_account.account]
}
