import { counter, distribution, promName, type Series, type Span } from './series.ts'

/** What Cloud Run measures of a service by itself, each minute. */
export interface Measured {
  /** Shares of what an instance has, 0 to 1. */
  readonly cpu: number
  readonly memory: number
  /** How long an instance takes to start, in ms. */
  readonly start_ms: number
  /** Answers a minute: 2xx and 5xx. */
  readonly good: number
  readonly bad: number
}

const MINUTE = 60_000
const SHARES = Array.from({ length: 20 }, (_, n) => (n + 1) / 20)
const START_MS = Array.from({ length: 30 }, (_, n) => 100 * 1.3 ** n)

/** The series of Cloud Run's own metrics of a service that is always as told; one instance starts every ten minutes. */
export function platformSeries(service: string, measured: Measured, span: Span): readonly Series[] {
  const { from, step, steps } = span
  const minutes = Array.from(
    { length: (steps * step) / MINUTE },
    (_, minute) => from + (minute + 0.5) * MINUTE,
  )
  const labels = {
    monitored_resource: 'cloud_run_revision',
    service_name: service,
    revision_name: `${service}-00001-abc`,
    location: 'us-central1',
  }
  const each = (by: number) => minutes.map((at) => ({ at, by }))
  const spread = (type: string, bounds: readonly number[], samples: ReturnType<typeof each>) =>
    distribution(promName(`run.googleapis.com/${type}`), labels, bounds, samples, span)
  const requests = (code: string, by: number) =>
    counter(
      promName('run.googleapis.com/request_count'),
      { ...labels, response_code: code, response_code_class: `${code[0]}xx` },
      each(by),
      span,
    )
  return [
    ...spread('container/cpu/utilizations', SHARES, each(measured.cpu)),
    ...spread('container/memory/utilizations', SHARES, each(measured.memory)),
    ...spread(
      'container/startup_latencies',
      START_MS,
      each(measured.start_ms).filter((_, minute) => minute % 10 === 5),
    ),
    requests('200', measured.good),
    requests('500', measured.bad),
  ]
}
