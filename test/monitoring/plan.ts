import { at, ofType, type Plan, type Planned } from '../support/terraform.ts'
import type { Rule } from './promtool.ts'
import type { LogMetric } from './series.ts'

/** What is planned to watch: read from Terraform's plan alone, never from the tables that it comes from. */
export interface Watching {
  readonly metrics: readonly LogMetric[]
  readonly alerts: readonly Alert[]
}

/** An alert policy. */
export interface Alert extends Rule {
  readonly enabled: boolean
  /** Its page of the runbook. */
  readonly documentation: string
}

/** One tile of the dashboard that shows lines over time; in the grid's own units. */
export interface Tile {
  readonly title: string
  readonly unit: string
  readonly lines: readonly { readonly legend: string; readonly query: string }[]
  readonly place: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
}

/** Reads the log-based metrics and the alert policies. Throws where one is not of the shape that the provider documents. */
export function watchingIn(plan: Plan): Watching {
  return {
    metrics: ofType(plan, 'google_logging_metric').map(metricOf),
    alerts: ofType(plan, 'google_monitoring_alert_policy').map(alertOf),
  }
}

function metricOf({ values }: Planned): LogMetric {
  const metric = values as {
    readonly name: string
    readonly filter: string
    readonly label_extractors: Readonly<Record<string, string>> | null
    readonly value_extractor: string | null
    readonly bucket_options: readonly {
      readonly explicit_buckets: readonly { readonly bounds: readonly number[] }[]
    }[]
  }
  return {
    name: metric.name,
    filter: metric.filter,
    labels: metric.label_extractors ?? {},
    value: metric.value_extractor,
    bounds: metric.bucket_options[0]?.explicit_buckets[0]?.bounds ?? null,
  }
}

function alertOf({ index, values }: Planned): Alert {
  const policy = values as {
    readonly enabled: boolean
    readonly conditions: readonly {
      readonly condition_prometheus_query_language: readonly {
        readonly query: string
        readonly duration: string
      }[]
    }[]
    readonly documentation: readonly { readonly content: string }[]
  }
  const [condition, ...others] = policy.conditions.flatMap((one) => one.condition_prometheus_query_language)
  const seconds = /^(\d+)s$/.exec(condition?.duration ?? '')?.[1]
  if (condition === undefined || others.length > 0 || seconds === undefined)
    throw new Error(`${index} is no policy of one PromQL condition`)
  return {
    id: String(index),
    expr: condition.query,
    for_seconds: Number(seconds),
    enabled: policy.enabled,
    documentation: policy.documentation[0]?.content ?? '',
  }
}

/** Reads the tiles of the dashboard's JSON that show lines. */
export function tilesIn(plan: Plan): readonly Tile[] {
  const { values } = at(plan, 'google_monitoring_dashboard.this')
  const { mosaicLayout } = JSON.parse(String(values.dashboard_json)) as {
    readonly mosaicLayout: { readonly tiles: readonly MosaicTile[] }
  }
  return mosaicLayout.tiles.flatMap(({ widget: { title, xyChart }, ...tile }) => {
    if (xyChart === undefined) return []
    const sets = xyChart.dataSets
    return {
      title,
      unit: sets[0]?.timeSeriesQuery.unitOverride ?? '1',
      lines: sets.map((set) => ({ legend: set.legendTemplate, query: set.timeSeriesQuery.prometheusQuery })),
      // As Cloud Monitoring reads it: what is left out is 0.
      place: { x: tile.xPos ?? 0, y: tile.yPos ?? 0, width: tile.width, height: tile.height },
    }
  })
}

interface MosaicTile {
  readonly xPos?: number
  readonly yPos?: number
  readonly width: number
  readonly height: number
  readonly widget: {
    readonly title: string
    readonly xyChart?: {
      readonly dataSets: readonly {
        readonly legendTemplate: string
        readonly timeSeriesQuery: { readonly prometheusQuery: string; readonly unitOverride: string }
      }[]
    }
  }
}
