# One tile a chart of the catalog, two in a row, under a line that says where to go on.
locals {
  tile = { columns = 48, width = 24, height = 16, head = 6 }

  # What is 0 is left out, as in the answers of the API, or each plan would want to set it again.
  head = {
    width  = local.tile.columns
    height = local.tile.head
    widget = {
      title = "Tickover (${var.environment}), stage ${var.flags.rollout_stage}"
      text = {
        format  = "MARKDOWN"
        content = "[The page](${local.urls["page"]}/admin) has the jobs, their runs and the move. What an alert means stands in its own text. From a shell: `npm run doctor -- --service ${local.service_names["api"]} --project ${var.project_id} --region ${var.region}`."
      }
    }
  }

  charts = [
    for index, chart in local.catalog.charts : merge(index % 2 == 0 ? {} : { xPos = local.tile.width }, {
      yPos                                                                        = local.tile.head + floor(index / 2) * local.tile.height
      width                                                                       = local.tile.width
      height                                                                      = local.tile.height
      widget = {
        title = chart.title
        xyChart = {
          dataSets = [
            for line in chart.lines : merge({
              plotType   = "LINE"
              targetAxis = "Y1"
              timeSeriesQuery = {
                prometheusQuery = replace(line.query, "$SERVICE", local.service_names["api"])
                unitOverride    = chart.unit
              }
            }, line.legend == "" ? {} : { legendTemplate = line.legend })
          ]
          yAxis = { scale = "LINEAR" }
        }
      }
    })
  ]
}

resource "google_monitoring_dashboard" "this" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName  = "Tickover (${var.environment})"
    mosaicLayout = { columns = local.tile.columns, tiles = concat([local.head], local.charts) }
  })

  depends_on = [google_project_service.api, google_logging_metric.metric]
}
