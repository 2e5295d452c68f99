mock_provider "google" {}

variables {
  flags = { scheduler_lanes = "high:dwell, low", scheduler_cadence = "*/5 * * * *" }
}

run "each_lane_has_its_jobs_paused_and_signed_and_the_watch_is_awake" {
  command = plan

  assert {
    condition = { for id, job in google_cloud_scheduler_job.tick : id => job.schedule } == {
      tickover-high-even = "*/2 * * * *"
      tickover-high-odd  = "1-59/2 * * * *"
      tickover-low       = "*/5 * * * *"
    }
    error_message = "One job a lane; two on alternate minutes where it dwells."
  }

  assert {
    condition     = { for id, job in google_cloud_scheduler_job.tick : id => base64decode(job.http_target[0].body) } == { tickover-high-even = "{\"lane\":\"high\"}", tickover-high-odd = "{\"lane\":\"high\"}", tickover-low = "{\"lane\":\"low\"}" }
    error_message = "A job ticks its own lane."
  }

  assert {
    condition     = alltrue([for job in values(google_cloud_scheduler_job.tick) : job.paused])
    error_message = "Jobs are made paused."
  }

  assert {
    condition     = alltrue([for job in values(google_cloud_scheduler_job.tick) : job.http_target[0].oidc_token[0].audience == "https://tickover-123456789012.europe-west1.run.app"])
    error_message = "The audience is the service's URL."
  }

  assert {
    condition     = alltrue([for job in values(google_cloud_scheduler_job.tick) : job.http_target[0].uri == "${job.http_target[0].oidc_token[0].audience}/cron/tick"])
    error_message = "A tick is posted below its audience."
  }

  assert {
    condition     = local.env.SCHEDULER_OIDC_AUDIENCE == "https://tickover-123456789012.europe-west1.run.app"
    error_message = "The function expects the audience that the ticks carry."
  }

  assert {
    condition     = alltrue([for job in values(google_cloud_scheduler_job.tick) : job.http_target[0].oidc_token[0].service_account_email == local.env.SCHEDULER_SERVICE_ACCOUNT])
    error_message = "The function expects the account that signs the ticks."
  }

  assert {
    condition     = google_cloud_scheduler_job.watch.region == "europe-west4" && google_cloud_scheduler_job.watch.paused == false
    error_message = "The dead-man's switch works from another region."
  }

  assert {
    condition     = google_cloud_scheduler_job.watch.http_target[0].http_method == "GET" && google_cloud_scheduler_job.watch.http_target[0].uri == "https://tickover-123456789012.europe-west1.run.app/health?max_overdue=0"
    error_message = "It asks for overdue jobs."
  }

  assert {
    condition     = google_cloud_scheduler_job.watch.http_target[0].oidc_token[0].service_account_email == "tickover-watch@acme-tickover.iam.gserviceaccount.com" && google_cloud_scheduler_job.watch.http_target[0].oidc_token[0].audience == "https://tickover-123456789012.europe-west1.run.app"
    error_message = "It signs as itself, for the service."
  }
}

run "the_deadline_is_within_half_an_hour" {
  command = plan
  variables {
    flags = { scheduler_request_timeout_seconds = 3600 }
  }

  assert {
    condition     = alltrue([for job in values(google_cloud_scheduler_job.tick) : job.attempt_deadline == "1800s"])
    error_message = "Cloud Scheduler waits 30 minutes at most."
  }
}

run "the_deadline_is_the_timeout_where_that_is_shorter" {
  command = plan
  variables {
    flags = { scheduler_request_timeout_seconds = 120 }
  }

  assert {
    condition     = google_cloud_scheduler_job.tick["tickover-default"].attempt_deadline == "120s" && google_cloud_run_v2_service.surface["api"].template[0].timeout == "120s"
    error_message = "Cloud Scheduler waits no longer than Cloud Run."
  }
}

run "the_watch_rests_at_stage_0" {
  command = plan
  variables {
    flags = { rollout_stage = 0 }
  }

  assert {
    condition     = google_cloud_scheduler_job.watch.paused
    error_message = "Nothing of ours is due at stage 0."
  }
}

run "the_watch_in_the_same_region_is_refused" {
  command = plan
  variables {
    watch_region = "europe-west1"
  }
  expect_failures = [var.watch_region]
}
