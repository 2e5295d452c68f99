# What the function itself would refuse at its start is refused here, before anything is made.
mock_provider "google" {}

run "a_lane_that_cannot_be_read_is_refused" {
  command = plan
  variables {
    flags = { scheduler_lanes = "High" }
  }
  expect_failures = [var.flags]
}

run "a_dwell_that_is_too_long_is_refused" {
  command = plan
  variables {
    flags = { scheduler_lanes = "high:dwell=601" }
  }
  expect_failures = [var.flags]
}

run "a_lane_twice_is_refused" {
  command = plan
  variables {
    flags = { scheduler_lanes = "low,low:dwell" }
  }
  expect_failures = [var.flags]
}

run "two_lanes_that_need_one_job_is_refused" {
  command = plan
  variables {
    flags = { scheduler_lanes = "a:dwell,a-even" }
  }
  expect_failures = [var.flags]
}

run "a_timeout_within_the_budget_is_refused" {
  command = plan
  variables {
    flags = { scheduler_tick_budget_seconds = 60, scheduler_request_timeout_seconds = 60 }
  }
  expect_failures = [var.flags]
}

run "a_timeout_within_a_dwell_is_refused" {
  command = plan
  variables {
    flags = { scheduler_lanes = "low,high:dwell=300", scheduler_request_timeout_seconds = 300 }
  }
  expect_failures = [var.flags]
}

run "a_timeout_beyond_cloud_run_is_refused" {
  command = plan
  variables {
    flags = { scheduler_request_timeout_seconds = 3601 }
  }
  expect_failures = [var.flags]
}

run "a_cadence_of_six_fields_is_refused" {
  command = plan
  variables {
    flags = { scheduler_cadence = "0 * * * * *" }
  }
  expect_failures = [var.flags]
}

run "a_time_zone_that_is_none_is_refused" {
  command = plan
  variables {
    flags = { scheduler_timezone = "+02:00" }
  }
  expect_failures = [var.flags]
}

run "stage_2_in_production_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 2 }
  }
  expect_failures = [var.flags]
}

run "a_stage_that_is_none_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 6 }
  }
  expect_failures = [var.flags]
}

run "json_in_production_is_refused" {
  command = plan
  variables {
    flags = { scheduler_storage = "json" }
  }
  expect_failures = [var.flags]
}

run "a_storage_that_is_none_is_refused" {
  command = plan
  variables {
    flags = { scheduler_storage = "sqlite" }
  }
  expect_failures = [var.flags]
}

run "the_loop_at_stage_5_is_refused" {
  command = plan
  variables {
    flags = { rollout_legacy_loop = "on" }
  }
  expect_failures = [var.flags]
}

run "the_loop_live_at_stage_4_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 4, rollout_legacy_loop = "on" }
  }
  expect_failures = [var.flags]
}

run "a_shadow_without_the_loop_at_stage_4_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 4, scheduler_shadow_mode = true }
  }
  expect_failures = [var.flags]
}

run "a_loop_that_is_neither_on_nor_off_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 1, rollout_legacy_loop = "yes" }
  }
  expect_failures = [var.flags]
}

run "a_shadow_at_stage_5_is_refused" {
  command = plan
  variables {
    flags = { scheduler_shadow_mode = true }
  }
  expect_failures = [var.flags]
}

run "a_canary_at_stage_4_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 4, rollout_canary_percent = 10 }
  }
  expect_failures = [var.flags]
}

run "a_canary_beside_turns_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 3, rollout_canary_split = "alternate", rollout_canary_jobs = ["weather"] }
  }
  expect_failures = [var.flags]
}

run "a_shadow_beside_turns_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 3, rollout_canary_split = "alternate", scheduler_shadow_mode = true }
  }
  expect_failures = [var.flags]
}

run "a_split_that_is_none_is_refused" {
  command = plan
  variables {
    flags = { rollout_stage = 3, rollout_canary_split = "random" }
  }
  expect_failures = [var.flags]
}

run "half_a_run_is_refused" {
  command = plan
  variables {
    flags = { scheduler_concurrency = 2.5 }
  }
  expect_failures = [var.flags]
}

run "stage_2_in_qa_is_taken" {
  command = plan
  variables {
    environment = "qa"
    flags       = { rollout_stage = 2 }
  }
}

run "the_loop_in_shadow_at_stage_4_is_taken" {
  command = plan
  variables {
    flags = { rollout_stage = 4, rollout_legacy_loop = "on", scheduler_shadow_mode = true }
  }
}

run "a_canary_at_stage_3_is_taken" {
  command = plan
  variables {
    flags = { rollout_stage = 3, rollout_canary_percent = 10, rollout_canary_jobs = ["weather"] }
  }
}

run "lanes_with_dwell_is_taken" {
  command = plan
  variables {
    flags = { scheduler_lanes = "high:dwell=600,middle:dwell, low" }
  }
}
