mock_provider "google" {}

run "ticks_have_an_instance_each_and_the_page_sleeps" {
  command = plan

  assert {
    condition     = google_cloud_run_v2_service.surface["api"].template[0].max_instance_request_concurrency == 1
    error_message = "Each tick has an instance of its own."
  }

  assert {
    condition     = google_cloud_run_v2_service.surface["api"].template[0].containers[0].resources[0].cpu_idle && google_cloud_run_v2_service.surface["api"].scaling[0].min_instance_count == 0
    error_message = "Without the in-process loop nothing costs between requests."
  }

  assert {
    condition     = google_cloud_run_v2_service.surface["page"].template[0].max_instance_request_concurrency == 80 && google_cloud_run_v2_service.surface["page"].scaling[0].min_instance_count == 0
    error_message = "The page serves many from one instance, and none when nobody looks."
  }

  assert {
    condition     = alltrue([for one in values(google_cloud_run_v2_service.surface) : one.template[0].containers[0].resources[0].startup_cpu_boost])
    error_message = "A cold start has more CPU."
  }

  assert {
    condition     = alltrue([for one in values(google_cloud_run_v2_service.surface) : one.template[0].scaling[0].max_instance_count == 20])
    error_message = "There is an end to instances."
  }

  assert {
    condition     = alltrue([for one in values(google_cloud_run_v2_service.surface) : one.template[0].timeout == "1800s"])
    error_message = "The timeout is the flag's."
  }

  assert {
    condition     = alltrue([for one in values(google_cloud_run_v2_service.surface) : one.deletion_protection])
    error_message = "Nobody destroys a service by accident."
  }

  assert {
    condition = {
      for surface, one in google_cloud_run_v2_service.surface : surface => [for env in one.template[0].containers[0].env : env.value if env.name == "SCHEDULER_SURFACE"]
    } == { api = ["api"], page = ["page"] }
    error_message = "The api service serves programs, the page service people."
  }

  assert {
    condition = {
      for surface, one in google_cloud_run_v2_service.surface : surface => [for env in one.template[0].containers[0].env : env.value if env.name == "SCHEDULER_IAP_AUDIENCE"]
    } == { api = [], page = ["/projects/123456789012/locations/europe-west1/services/tickover-page"] }
    error_message = "What IAP signs is meant for the page, and only the page believes it."
  }
}

run "the_loop_has_cpu_always_and_an_instance" {
  command = plan
  variables {
    flags = { rollout_stage = 3, rollout_legacy_loop = "on" }
  }

  assert {
    condition     = !google_cloud_run_v2_service.surface["api"].template[0].containers[0].resources[0].cpu_idle
    error_message = "The loop works between requests."
  }

  assert {
    condition     = google_cloud_run_v2_service.surface["api"].scaling[0].min_instance_count == 1
    error_message = "The loop needs an instance that is there."
  }

  assert {
    condition     = !google_cloud_run_v2_service.surface["page"].template[0].containers[0].resources[0].cpu_idle
    error_message = "What an operator has triggered goes on after its answer."
  }
}

run "json_has_one_process" {
  command = plan
  variables {
    environment = "qa"
    flags       = { scheduler_storage = "json" }
  }

  assert {
    condition     = google_cloud_run_v2_service.surface["api"].template[0].scaling[0].max_instance_count == 1
    error_message = "A second instance would have a file of its own."
  }

  assert {
    condition     = google_cloud_run_v2_service.surface["api"].template[0].max_instance_request_concurrency == 80
    error_message = "One process serves everything."
  }
}

run "json_with_more_instances_is_refused" {
  command = plan
  variables {
    environment   = "qa"
    min_instances = 2
    flags         = { scheduler_storage = "json" }
  }
  expect_failures = [google_cloud_run_v2_service.surface]
}

run "sizes_that_cloud_run_has_not_are_refused" {
  command = plan
  variables {
    cpu           = "0.5"
    min_instances = 5
    max_instances = 4
  }
  expect_failures = [var.cpu, var.min_instances]
}

run "too_little_memory_is_refused" {
  command = plan
  variables {
    memory = "128Mi"
  }
  expect_failures = [var.memory]
}

run "memory_that_does_not_go_with_the_cpu_is_refused" {
  command = plan
  variables {
    cpu    = "8"
    memory = "512Mi"
  }
  expect_failures = [var.memory]
}

run "names_and_places_are_checked" {
  command = plan
  variables {
    project_id         = "Acme"
    project_number     = "acme"
    name               = "a-name-that-is-far-too-long-for-an-account"
    watch_region       = "europe"
    environment        = "staging"
    firestore_location = "everywhere"
  }
  expect_failures = [
    var.project_id, var.project_number, var.name, var.watch_region, var.environment, var.firestore_location,
  ]
}

run "a_region_that_is_none_is_refused" {
  command = plan
  variables {
    region = "Europe"
  }
  expect_failures = [var.region]
}
