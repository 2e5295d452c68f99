# The accounts, and all that they may do. Nobody here is owner or editor of anything.
#
# Nothing is granted to Cloud Scheduler's own agent: enabling its API gives it roles/cloudscheduler.serviceAgent, with
# which it signs as an account of this project. Source: cloud.google.com/scheduler/docs/http-target-auth.
locals {
  accounts = {
    runtime   = "Runs the function: reads and writes Firestore"
    scheduler = "Signs the ticks of Cloud Scheduler: calls the api service"
    watch     = "Signs the dead-man's switch: calls the api service, and only looks"
    build     = "Builds what is deployed from source"
    operator  = "Stands for an operator in a shell: impersonated there, since people's own credentials make no token for a service"
  }

  # Spelt out, so that a plan shows them before they are there.
  emails          = { for id in keys(local.accounts) : id => "${var.name}-${id}@${var.project_id}.iam.gserviceaccount.com" }
  scheduler_email = local.emails["scheduler"]
  watch_email     = local.emails["watch"]
  operator_email  = local.emails["operator"]
  runtime_member  = "serviceAccount:${local.emails["runtime"]}"
}

resource "google_service_account" "account" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = "${var.name}-${each.key}"
  display_name = "Tickover: ${each.key}"
  description  = each.value

  depends_on = [google_project_service.api]
}

# Its one role in the project. Log lines need none: Cloud Run itself carries what a process prints.
resource "google_project_iam_member" "runtime" {
  project = var.project_id
  role    = "roles/datastore.user"
  member  = local.runtime_member

  depends_on = [google_service_account.account]
}

# Reads the uploaded source, writes the image and the build's log. It spares the default compute account, which often is an editor.
resource "google_project_iam_member" "build" {
  project = var.project_id
  role    = "roles/run.builder"
  member  = "serviceAccount:${local.emails["build"]}"

  depends_on = [google_service_account.account]
}

# The operators, and an ID token only: Cloud's audit log keeps who took one.
resource "google_service_account_iam_member" "operator" {
  for_each = toset(local.persons)

  service_account_id = google_service_account.account["operator"].name
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = local.iam_members[each.value]
}
