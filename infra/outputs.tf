output "url" {
  description = "The api service: what is ticked, called by services and asked by scripts; also the audience of their tokens."
  value       = local.api_url
}

output "page_url" {
  description = "The page, behind IAP."
  value       = "${local.urls["page"]}/admin"
}

output "services" {
  description = "The two services, for npm run deploy and npm run doctor."
  value       = local.service_names
}

output "accounts" {
  description = "The service accounts. Give the runtime one roles/run.invoker on the services that jobs call."
  value       = local.emails
}

output "flags" {
  description = "The api service's environment flags but for secrets, as npm run setup takes them."
  value       = merge(local.env, local.own_env["api"])
}

output "dashboard" {
  description = "Where to look."
  value       = "https://console.cloud.google.com/monitoring/dashboards?project=${var.project_id}"
}
