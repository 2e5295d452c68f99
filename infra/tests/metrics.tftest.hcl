mock_provider "google" {}

run "every_metric_and_chart_of_the_catalog_is_made" {
  command = plan

  assert {
    condition     = { for id, one in google_logging_metric.metric : id => one.name } == { for id in keys(jsondecode(file("catalog.json")).metrics) : id => "tickover/${id}" }
    error_message = "Metrics are called as the function calls them."
  }

  assert {
    condition     = alltrue([for one in values(google_logging_metric.metric) : startswith(one.filter, "resource.type=\"cloud_run_revision\" AND (resource.labels.service_name=\"tickover\" OR resource.labels.service_name=\"tickover-page\") AND (")])
    error_message = "They count the lines of these two services, and of no other one in the project."
  }

  assert {
    condition     = google_logging_metric.metric["runs"].metric_descriptor[0].value_type == "INT64" && length(google_logging_metric.metric["runs"].bucket_options) == 0 && google_logging_metric.metric["runs"].label_extractors == tomap({ outcome = "EXTRACT(jsonPayload.outcome)", seldom = "EXTRACT(jsonPayload.seldom)" })
    error_message = "Runs are counted by their outcome, and by how often their jobs run."
  }

  assert {
    condition     = google_logging_metric.metric["tick_ms"].metric_descriptor[0].value_type == "DISTRIBUTION" && google_logging_metric.metric["tick_ms"].value_extractor == "EXTRACT(jsonPayload.own_ms)" && contains(google_logging_metric.metric["tick_ms"].bucket_options[0].explicit_buckets[0].bounds, 5000)
    error_message = "Ticks are measured, with a bound at the threshold of their alert."
  }

  assert {
    condition     = [for tile in slice(jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles, 1, 1 + length(jsondecode(file("catalog.json")).charts)) : tile.widget.title] == jsondecode(file("catalog.json")).charts[*].title
    error_message = "One tile a chart, in their order."
  }

  assert {
    condition     = alltrue([for tile in jsondecode(google_monitoring_dashboard.this.dashboard_json).mosaicLayout.tiles : try(tile.xPos, 0) + tile.width <= 48])
    error_message = "No tile leaves the grid."
  }

  assert {
    condition     = !strcontains(google_monitoring_dashboard.this.dashboard_json, "$SERVICE")
    error_message = "Nothing is left to fill in."
  }
}
