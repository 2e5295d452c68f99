# The secrets are made by whoever knows them, before the services that read them:
#   gcloud secrets create ID --data-file=FILE
locals {
  secret_flags = merge(
    { for name, one in var.services : "${local.service_prefix[name]}_TOKEN" => one.token_secret if one.token_secret != null },
    { for name, one in var.services : "${local.service_prefix[name]}_WEBHOOK_SECRET" => one.webhook_secret if one.webhook_secret != null },
  )
  secret_ids = toset(values(local.secret_flags))
}

# On each secret alone: the runtime account reads no other one of the project.
resource "google_secret_manager_secret_iam_member" "runtime" {
  for_each = local.secret_ids

  project   = var.project_id
  secret_id = each.value
  role      = "roles/secretmanager.secretAccessor"
  member    = local.runtime_member

  depends_on = [google_project_service.api, google_service_account.account]
}
