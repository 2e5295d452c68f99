import type { Entry } from '../filter.ts'
import { counter, promName, type Series, type Span } from '../series.ts'

/** Series of what Google itself would count, made from the same lines: for a picture, not for a proof. */
export function seriesOfGoogle(entries: readonly Entry[], span: Span): readonly Series[] {
  return [...schedulerSeries(entries, span), ...instanceSeries(entries, span)]
}

/** Cloud Scheduler writes one entry when it sends a tick and one when that is answered: an error, where it is refused. */
function schedulerSeries(entries: readonly Entry[], span: Span): readonly Series[] {
  const name = promName('logging.googleapis.com/log_entry_count')
  const labels = { monitored_resource: 'cloud_scheduler_job', job_id: 'tickover-high' }
  const rises = (...events: readonly string[]) =>
    of(entries, ...events).map(({ time }) => ({ at: time, by: 1 }))
  return [
    counter(
      name,
      { ...labels, severity: 'INFO' },
      rises('tick_started', 'tick_completed', 'request_refused'),
      span,
    ),
    counter(name, { ...labels, severity: 'ERROR' }, rises('request_refused'), span),
  ]
}

/** The most ticks that are under way at once on a usual day. */
const USUAL = 3
/** A tick that never said that it ended is taken to have gone on for as long as a lane dwells, in ms. */
const LONGEST = 75_000

/** An instance has one request at a time: as many are active as ticks are under way. */
function instanceSeries(entries: readonly Entry[], { from, step, steps }: Span): readonly Series[] {
  const ends = of(entries, 'tick_completed')
  const ticks = of(entries, 'tick_started').map(({ time: start, jsonPayload: { tick } }) => {
    const end = ends.find(({ time, jsonPayload }) => time >= start && jsonPayload.tick === tick)
    return { start, end: Math.min(end?.time ?? Number.POSITIVE_INFINITY, start + LONGEST) }
  })
  const active = Array.from({ length: steps }, (_, index) => {
    const now = from + index * step
    return ticks.filter(({ start, end }) => start <= now && now < end).length
  })
  const name = promName('run.googleapis.com/container/instance_count')
  const labels = { monitored_resource: 'cloud_run_revision', service_name: 'tickover' }
  const idle = active.map((count) => Math.max(0, USUAL - count))
  return [
    { name, labels: { ...labels, state: 'active' }, values: active },
    { name, labels: { ...labels, state: 'idle' }, values: idle },
  ]
}

function of(entries: readonly Entry[], ...events: readonly string[]): readonly Entry[] {
  return entries.filter(({ jsonPayload: { event } }) => events.some((one) => one === event))
}
