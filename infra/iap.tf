# Who gets past IAP to the page. The rest of it is switched on by npm run deploy (gcloud's --iap), which also lets IAP's own
# agent call the page service: that agent comes into being with the first such call, so Terraform could not name it before.
resource "google_iap_web_cloud_run_service_iam_member" "page" {
  for_each = { for one in distinct(concat(local.persons, [for one in var.viewers : lower(one)])) : one => local.iam_members[one] }

  project                = var.project_id
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.surface["page"].name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}
