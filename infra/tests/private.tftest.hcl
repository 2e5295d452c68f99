mock_provider "google" {}

variables {
  viewers         = ["domain:example.com"]
  legacy_accounts = ["cron@acme-tickover.iam.gserviceaccount.com"]
  services = {
    email-service = {
      url          = "https://email.example.com"
      account      = "email@acme-tickover.iam.gserviceaccount.com"
      job_types    = ["email"]
      token_secret = "email-token"
    }
  }
}

run "everybody_may_do_no_more_than_their_work" {
  command = plan

  assert {
    condition = google_cloud_run_v2_service_iam_binding.invokers.role == "roles/run.invoker" && toset(google_cloud_run_v2_service_iam_binding.invokers.members) == toset([
      "serviceAccount:tickover-scheduler@acme-tickover.iam.gserviceaccount.com",
      "serviceAccount:tickover-watch@acme-tickover.iam.gserviceaccount.com",
      "serviceAccount:email@acme-tickover.iam.gserviceaccount.com",
      "serviceAccount:cron@acme-tickover.iam.gserviceaccount.com",
      "serviceAccount:tickover-operator@acme-tickover.iam.gserviceaccount.com",
    ])
    error_message = "The api service is for Cloud Scheduler, the watch, operators, services and the legacy scheduler."
  }

  assert {
    condition     = google_cloud_run_v2_service_iam_binding.page.members == toset(["serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com"])
    error_message = "The page is called by IAP alone."
  }

  assert {
    condition     = alltrue([for one in values(google_cloud_run_v2_service.surface) : one.invoker_iam_disabled == false])
    error_message = "IAM decides who calls, on both services."
  }

  assert {
    condition     = { for one in values(google_iap_web_cloud_run_service_iam_member.page) : one.member => one.role } == { "user:ana@example.com" = "roles/iap.httpsResourceAccessor", "domain:example.com" = "roles/iap.httpsResourceAccessor" }
    error_message = "Operators and viewers open the page, nobody else."
  }

  assert {
    condition     = alltrue([for one in values(google_iap_web_cloud_run_service_iam_member.page) : one.cloud_run_service_name == "tickover-page"])
    error_message = "IAP stands before the page, and before nothing else."
  }

  assert {
    condition     = google_project_iam_member.runtime.role == "roles/datastore.user" && google_project_iam_member.runtime.member == "serviceAccount:tickover-runtime@acme-tickover.iam.gserviceaccount.com"
    error_message = "The function reads and writes Firestore."
  }

  assert {
    condition     = { for one in values(google_service_account_iam_member.operator) : one.member => one.role } == { "user:ana@example.com" = "roles/iam.serviceAccountOpenIdTokenCreator" }
    error_message = "Operators take ID tokens of the account that stands for them, and nothing else of it."
  }

  assert {
    condition     = google_project_iam_member.build.role == "roles/run.builder" && google_project_iam_member.build.member == "serviceAccount:tickover-build@acme-tickover.iam.gserviceaccount.com"
    error_message = "What builds the image is not what runs it."
  }

  assert {
    condition     = alltrue([for one in values(google_cloud_run_v2_service.surface) : one.template[0].service_account == "tickover-runtime@acme-tickover.iam.gserviceaccount.com"])
    error_message = "Both services run as the runtime account, never as the project's default one."
  }

  assert {
    condition     = { for id, one in google_secret_manager_secret_iam_member.runtime : id => one.role } == { email-token = "roles/secretmanager.secretAccessor" }
    error_message = "The function reads the secrets that it needs, each by itself."
  }

  assert {
    condition = alltrue([for one in values(google_cloud_run_v2_service.surface) : length([
      for env in one.template[0].containers[0].env : env if env.name == "EMAIL_SERVICE_TOKEN" && try(env.value_source[0].secret_key_ref[0].secret, "") == "email-token"
    ]) == 1])
    error_message = "EMAIL_SERVICE_TOKEN comes from Secret Manager."
  }

  assert {
    condition     = !strcontains(jsonencode(local.env), "email-token") && !contains(keys(output.flags), "EMAIL_SERVICE_TOKEN")
    error_message = "No secret is a plain flag or an output."
  }

  assert {
    condition     = local.principals["tickover-watch@acme-tickover.iam.gserviceaccount.com"].roles == ["viewer"]
    error_message = "The watch is a viewer."
  }
}

run "nobody_lets_the_internet_in" {
  command = plan
  variables {
    operators = ["allUsers"]
    viewers   = ["allAuthenticatedUsers"]
  }
  expect_failures = [var.operators, var.viewers]
}

run "somebody_operates" {
  command = plan
  variables {
    operators = []
  }
  expect_failures = [var.operators]
}

run "an_outside_scheduler_is_a_service_account" {
  command = plan
  variables {
    legacy_accounts = ["ana@example.com"]
  }
  expect_failures = [var.legacy_accounts]
}

run "a_service_in_the_clear_is_refused" {
  command = plan
  variables {
    services = { email-service = { url = "http://email.example.com" } }
  }
  expect_failures = [var.services]
}

run "a_service_in_the_clear_may_be_a_private_one" {
  command = plan
  variables {
    services = { email-service = { url = "http://email.internal", private = true } }
  }
}

run "a_service_in_a_lane_that_is_not_there_is_refused" {
  command = plan
  variables {
    services = { email-service = { url = "https://email.example.com", lane = "low" } }
  }
  expect_failures = [var.services]
}

run "a_webhook_without_its_key_is_refused" {
  command = plan
  variables {
    services = { email-service = { url = "https://email.example.com", signing = "webhook" } }
  }
  expect_failures = [var.services]
}

run "a_service_that_is_a_person_is_refused" {
  command = plan
  variables {
    services = { email-service = { url = "https://email.example.com", account = "ana@example.com" } }
  }
  expect_failures = [var.services]
}

run "a_service_whose_flags_would_be_ours_is_refused" {
  command = plan
  variables {
    services = { scheduler-x = { url = "https://email.example.com" } }
  }
  expect_failures = [var.services]
}

run "a_secret_in_the_place_of_its_id_is_refused" {
  command = plan
  variables {
    services = { email-service = { url = "https://email.example.com", token_secret = "a secret, not an id" } }
  }
  expect_failures = [var.services]
}
