import type { Lane } from '../../functions/config/lanes.ts'
import { TickoverError } from '../../functions/errors.ts'
import type { Settings } from './settings.ts'
import { describe, jobIdOf, type Spec } from './spec.ts'

const MAX_DEADLINE_SECONDS = 1800

/**
 * A tick that failed (503, no answer) is tried again soon, since it is safe to repeat: after 5, 10, 20, 30 and 30 s.
 * The next scheduled tick ends the retries, so with a tick a minute there are three; a slow cadence gets all five.
 */
const RETRY = {
  retry_count: 5,
  max_retry_seconds: 0,
  min_backoff_seconds: 5,
  max_backoff_seconds: 30,
  max_doublings: 3,
} as const

/**
 * The jobs for these settings: one a lane; two on alternate minutes for a lane with dwell, whose ticks outlast a minute
 * while Cloud Scheduler never has two executions of one job outstanding. Throws `configuration` when two lanes need one name.
 */
export function desiredJobs(settings: Settings): Spec[] {
  const specs = settings.lanes.flatMap((lane) => jobsOf(lane, settings))
  const twice = specs.find((spec, index) => specs.findIndex(({ id }) => id === spec.id) < index)
  if (twice !== undefined) {
    const message = `Two lanes of SCHEDULER_LANES need the job ${twice.id}; rename one of them.`
    throw new TickoverError('configuration', message, { problems: [{ field: 'SCHEDULER_LANES', message }] })
  }
  return specs
}

function jobsOf(lane: Lane, settings: Settings): Spec[] {
  const common = { ...RETRY, ...requestOf(lane, settings), time_zone: settings.time_zone }
  if (lane.dwell_seconds === null) {
    const description = describe(`ticks lane ${lane.name}`)
    return [{ ...common, id: jobIdOf(lane.name, ''), description, schedule: settings.cadence }]
  }
  return [
    {
      ...common,
      id: jobIdOf(lane.name, '-even'),
      description: describe(`ticks lane ${lane.name} on even minutes`),
      schedule: '*/2 * * * *',
    },
    {
      ...common,
      id: jobIdOf(lane.name, '-odd'),
      description: describe(`ticks lane ${lane.name} on odd minutes`),
      schedule: '1-59/2 * * * *',
    },
  ]
}

function requestOf(lane: Lane, settings: Settings) {
  return {
    uri: tickUrl(settings.target_url),
    method: 'POST' as const,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ lane: lane.name }),
    service_account: settings.scheduler_account,
    audience: settings.audience,
    attempt_deadline_seconds: Math.min(MAX_DEADLINE_SECONDS, settings.request_timeout_seconds),
  }
}

function tickUrl(target: string): string {
  const url = new URL(target)
  if (url.pathname === '/') url.pathname = '/cron/tick'
  return url.href
}
