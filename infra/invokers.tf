# Everybody who may call the api service. The binding is whole: somebody who was let in by hand, or the whole internet,
# shows in the next plan and goes with the next apply.
resource "google_cloud_run_v2_service_iam_binding" "invokers" {
  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.surface["api"].name
  role     = "roles/run.invoker"
  members = distinct(concat(
    ["serviceAccount:${local.scheduler_email}"],
    ["serviceAccount:${local.watch_email}"],
    # People have the page; in a shell they come as tickover-operator.
    [for one, member in local.iam_members : member if startswith(member, "serviceAccount:") && anytrue([
      for role in ["operator", "service", "legacy"] : contains(local.members[role], one)
    ])],
  ))

  depends_on = [google_service_account.account]
}
