locals {
  apis = concat(
    [
      "artifactregistry",
      "cloudbuild",
      "cloudresourcemanager",
      "cloudscheduler",
      "firestore",
      "iam",
      "iamcredentials",
      "iap",
      "logging",
      "monitoring",
      "run",
    ],
    length(local.secret_ids) > 0 ? ["secretmanager"] : [],
    local.has_budget ? ["billingbudgets"] : [],
  )
}

resource "google_project_service" "api" {
  for_each = toset(local.apis)

  project = var.project_id
  service = "${each.value}.googleapis.com"

  # Others in the project may use it, too.
  disable_on_destroy = false
}
