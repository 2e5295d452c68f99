mock_provider "google" {}

run "there_is_no_budget_unless_somebody_pays" {
  command = plan

  assert {
    condition     = length(google_billing_budget.month) == 0 && !contains(keys(google_project_service.api), "billingbudgets")
    error_message = "The budget is optional."
  }

  assert {
    condition     = alltrue([for one in values(google_project_service.api) : one.disable_on_destroy == false])
    error_message = "Others in the project may use an API, too."
  }
}

run "a_budget_warns_thrice" {
  command = plan
  variables {
    billing_account = "012345-6789AB-CDEF01"
    monthly_budget  = 25
  }

  assert {
    condition     = google_billing_budget.month[0].threshold_rules[*].threshold_percent == tolist([0.5, 0.9, 1])
    error_message = "At half of it, at nine tenths, at all of it."
  }

  assert {
    condition     = google_billing_budget.month[0].amount[0].specified_amount[0].units == "25" && google_billing_budget.month[0].budget_filter[0].projects == toset(["projects/123456789012"])
    error_message = "The amount is for this project."
  }

  assert {
    condition     = contains(keys(google_project_service.api), "billingbudgets")
    error_message = "A budget needs its API."
  }
}

run "a_budget_is_checked" {
  command = plan
  variables {
    billing_account = "acme"
    monthly_budget  = 0.5
  }
  expect_failures = [var.billing_account, var.monthly_budget]
}
