import { filterOf, METRICS, type Metric } from '../../functions/observe/metrics.ts'
import { ALERTS } from '../../functions/rollout/alerts.ts'
import { CHARTS } from './charts.ts'

/** What Terraform reads of metrics, alerts and charts, as JSON text. */
export function catalogText(): string {
  const metrics = Object.entries<Metric>(METRICS).map(([name, metric]) => [name, entryOf(metric)])
  const catalog = { metrics: Object.fromEntries(metrics), alerts: ALERTS, charts: CHARTS }
  // A list of numbers is read as one thing.
  return `${JSON.stringify(catalog, null, 2).replace(/\[[\d\s.,]+\]/g, (list) => list.replace(/\s+/g, ' '))}\n`
}

function entryOf(metric: Metric) {
  const { description, labels, value, unit, bounds } = metric
  return {
    description,
    filter: filterOf(metric),
    unit,
    labels: Object.fromEntries(labels.map((field) => [field, extract(field)])),
    value: value === null ? null : extract(value),
    bounds,
  }
}

function extract(field: string): string {
  return `EXTRACT(jsonPayload.${field})`
}
