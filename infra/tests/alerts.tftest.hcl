mock_provider "google" {}

# The numbers stand here a second time on purpose: they are what the guides ask for.
run "thresholds_are_those_of_the_guides_and_everything_is_watched" {
  command = plan

  assert {
    condition = alltrue([for id, wanted in {
      success_rate_low       = { ends = ") < 0.95", within = "[300s]", for = "300s" }
      success_rate_critical  = { ends = ") < 0.8", within = "[3600s]", for = "0s" }
      runs_fail_daily        = { ends = ") < 0.95", within = "[86400s]", for = "0s" }
      error_rate_high        = { ends = ") > 0.05", within = "[300s]", for = "300s" }
      no_runs                = { ends = ") < 1", within = "[300s]", for = "300s" }
      duplicates             = { ends = ") > 0", within = "[300s]", for = "0s" }
      tick_latency_high      = { ends = ") > 5", within = "[300s]", for = "300s" }
      store_errors           = { ends = ") > 0.01", within = "[300s]", for = "300s" }
      run_duration_high      = { ends = ") > 5", within = "[300s]", for = "300s" }
      item_duration_high     = { ends = ") > 5", within = "[300s]", for = "300s" }
      throughput_low         = { ends = ") < 30", within = "[3600s]", for = "0s" }
      store_connections_high = { ends = ") > 0.8", within = "[300s]", for = "300s" }
      cache_hits_low         = { ends = ") < 0.7", within = "[3600s]", for = "0s" }
      cpu_high               = { ends = ") > 0.8", within = "[300s]", for = "300s" }
      memory_high            = { ends = ") > 0.8", within = "[300s]", for = "300s" }
      start_slow             = { ends = ") > 10", within = "[300s]", for = "0s" }
      } : alltrue([for condition in google_monitoring_alert_policy.alert[id].conditions[*].condition_prometheus_query_language[0] :
        endswith(condition.query, wanted.ends) && strcontains(condition.query, wanted.within) && condition.duration == wanted.for
    ])])
    error_message = "An alert has another threshold, window or duration than the guides ask for."
  }

  assert {
    condition     = alltrue([for one in values(google_monitoring_alert_policy.alert) : one.conditions[0].condition_prometheus_query_language[0].disable_metric_validation])
    error_message = "An alert may be made before its metric has a point."
  }

  assert {
    condition     = alltrue([for one in values(google_monitoring_alert_policy.alert) : !can(regex("\\$(WINDOW|SERVICE)", one.conditions[0].condition_prometheus_query_language[0].query))])
    error_message = "Nothing is left to fill in."
  }

  assert {
    condition     = alltrue([for one in values(google_monitoring_alert_policy.alert) : length(one.documentation[0].links) == 0])
    error_message = "The page itself is enough."
  }

  assert {
    condition     = alltrue([for one in values(google_monitoring_alert_policy.alert) : one.enabled])
    error_message = "When everything is moved, everything is watched."
  }
}

run "every_alert_is_there_and_tells_what_to_do" {
  command = plan
  variables {
    runbook_url = "https://example.com/runbook"
  }

  assert {
    condition     = toset(keys(google_monitoring_alert_policy.alert)) == toset(keys(jsondecode(file("catalog.json")).alerts))
    error_message = "Each alert of the catalog is a policy."
  }

  assert {
    condition     = alltrue([for id, one in google_monitoring_alert_policy.alert : startswith(one.documentation[0].content, "# ${id}: ") && strcontains(one.documentation[0].content, "P=acme-tickover R=europe-west1") && !strcontains(one.documentation[0].content, "my-project") && one.documentation[0].links[0].url == "https://example.com/runbook/${id}.md"])
    error_message = "An alert carries its page of the runbook, and a link to it."
  }

  # Cloud Monitoring's limit, and its own sign for variables.
  assert {
    condition     = alltrue([for one in values(google_monitoring_alert_policy.alert) : length(one.documentation[0].content) < 8000 && !strcontains(one.documentation[0].content, "$${")])
    error_message = "A page is too long for a policy, or would be filled in by it."
  }
}

run "the_stage_decides_what_watches_0" {
  command = plan
  variables {
    flags = { rollout_stage = 0 }
  }

  assert {
    condition = toset([for id, one in google_monitoring_alert_policy.alert : id if !one.enabled]) == toset([
      "no_runs", "ticks_missing", "jobs_overdue", "watch_silent", "ticks_refused", "tick_latency_high",
    ])
    error_message = "At stage 0 there are no ticks that could be missed."
  }
}

run "the_stage_decides_what_watches_3" {
  command = plan
  variables {
    flags = { rollout_stage = 3 }
  }

  assert {
    condition     = alltrue([for one in values(google_monitoring_alert_policy.alert) : one.enabled])
    error_message = "At stage 3 ticks claim the canary's share, and what they claim is watched."
  }
}

run "a_team_may_set_an_alert_otherwise" {
  command = plan
  variables {
    alert_overrides = {
      no_runs        = { threshold = 2, window_seconds = 900, for_seconds = 600 }
      cache_hits_low = { enabled = false }
    }
  }

  assert {
    condition = (
      endswith(google_monitoring_alert_policy.alert["no_runs"].conditions[0].condition_prometheus_query_language[0].query, ") < 2") &&
      strcontains(google_monitoring_alert_policy.alert["no_runs"].conditions[0].condition_prometheus_query_language[0].query, "[900s]") &&
      google_monitoring_alert_policy.alert["no_runs"].conditions[0].condition_prometheus_query_language[0].duration == "600s" &&
      google_monitoring_alert_policy.alert["no_runs"].enabled
    )
    error_message = "What is named is changed, and the rest is not."
  }

  assert {
    condition     = !google_monitoring_alert_policy.alert["cache_hits_low"].enabled && google_monitoring_alert_policy.alert["duplicates"].enabled
    error_message = "One alert is off, the others are not."
  }
}

run "an_override_of_no_alert_is_refused" {
  command = plan
  variables {
    alert_overrides = { no_run = { enabled = false } }
  }
  expect_failures = [var.alert_overrides]
}

run "an_override_between_two_looks_is_refused" {
  command = plan
  variables {
    alert_overrides = { no_runs = { for_seconds = 45 } }
  }
  expect_failures = [var.alert_overrides]
}

run "somebody_hears_production" {
  command = plan
  variables {
    notification_emails = []
  }
  expect_failures = [var.notification_emails]
}

run "an_address_that_is_none_is_refused" {
  command = plan
  variables {
    notification_emails = ["on-call"]
  }
  expect_failures = [var.notification_emails]
}

run "channels_that_are_there_are_used" {
  command = plan
  variables {
    notification_emails   = []
    notification_channels = ["projects/acme-tickover/notificationChannels/42"]
  }

  assert {
    condition     = alltrue([for one in values(google_monitoring_alert_policy.alert) : one.notification_channels == tolist(["projects/acme-tickover/notificationChannels/42"])])
    error_message = "Every alert is told to every channel."
  }
}

run "channels_are_checked" {
  command = plan
  variables {
    notification_channels = ["#on-call"]
    runbook_url           = "example.com"
  }
  expect_failures = [var.notification_channels, var.runbook_url]
}
