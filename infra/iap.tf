# IAP in front of the page. The provider has no field for it here, and an update of the service by Terraform takes it away:
# so gcloud switches it on whenever the page was made or changed.
resource "terraform_data" "iap" {
  input = {
    service = google_cloud_run_v2_service.surface["page"].name
    at      = "--region=${var.region} --project=${var.project_id}"
  }

  lifecycle {
    replace_triggered_by = [google_cloud_run_v2_service.surface["page"]]
  }

  provisioner "local-exec" {
    command = "gcloud beta run services update ${self.input.service} ${self.input.at} --iap --quiet"
  }

  depends_on = [terraform_data.iap_agent]
}

# What calls the page for IAP, once IAP has let somebody in.
resource "terraform_data" "iap_agent" {
  input = var.project_id

  provisioner "local-exec" {
    command = "gcloud beta services identity create --service=iap.googleapis.com --project=${self.input} --quiet"
  }

  depends_on = [google_project_service.api]
}

# It alone. The binding is whole, as that of the api service is.
resource "google_cloud_run_v2_service_iam_binding" "page" {
  project  = var.project_id
  location = var.region
  name     = google_cloud_run_v2_service.surface["page"].name
  role     = "roles/run.invoker"
  members  = ["serviceAccount:service-${var.project_number}@gcp-sa-iap.iam.gserviceaccount.com"]

  depends_on = [terraform_data.iap]
}

# Who gets past it.
resource "google_iap_web_cloud_run_service_iam_member" "page" {
  for_each = { for one in distinct(concat(local.persons, [for one in var.viewers : lower(one)])) : one => local.iam_members[one] }

  project                = var.project_id
  location               = var.region
  cloud_run_service_name = google_cloud_run_v2_service.surface["page"].name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}
