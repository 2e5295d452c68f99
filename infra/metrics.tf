# The log-based metrics, from the catalog that the function's own tables write (npm run catalog).
locals {
  catalog = jsondecode(file("${path.module}/catalog.json"))

  of_our_services = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "(${join(" OR ", [for name in values(local.service_names) : "resource.labels.service_name=\"${name}\""])})",
  ])
}

resource "google_logging_metric" "metric" {
  for_each = local.catalog.metrics

  project     = var.project_id
  name        = "tickover/${each.key}"
  description = each.value.description
  filter      = "${local.of_our_services} AND (${each.value.filter})"

  value_extractor  = each.value.value
  label_extractors = each.value.labels

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = each.value.value == null ? "INT64" : "DISTRIBUTION"
    unit        = each.value.unit

    dynamic "labels" {
      for_each = each.value.labels
      content {
        key        = labels.key
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = each.value.bounds == null ? [] : [each.value.bounds]
    content {
      explicit_buckets {
        bounds = bucket_options.value
      }
    }
  }

  depends_on = [google_project_service.api]
}
