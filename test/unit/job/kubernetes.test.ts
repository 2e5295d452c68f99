import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { newJob } from '../../../functions/job/definition.ts'
import { type Job, runId } from '../../../functions/job/job.ts'
import { start } from '../../../functions/job/lifecycle.ts'
import { nextOf } from '../../../functions/job/occurrences.ts'
import { plan } from '../../../functions/job/plan.ts'
import type { Policies } from '../../../functions/job/policies.ts'
import { parseSchedule } from '../../../functions/schedule/schedule.ts'
import { definition, HOUR } from './fixtures.ts'

/** One start decision of the Kubernetes CronJob controller, as its own tests state it. */
interface Decision {
  readonly name: string
  readonly given: {
    readonly overlap: 'Allow' | 'Forbid' | 'Replace'
    readonly schedule: string
    readonly timeZone: string | null
    readonly startingDeadlineSeconds: number | null
    readonly suspended: boolean
    readonly createdAt: string
    readonly lastScheduleTime: string | null
    readonly running: boolean
    readonly now: string
  }
  readonly expect: { readonly start: boolean; readonly cancelRunning: boolean; readonly activeAfter: number }
}

const file = new URL('../../support/conformance/kubernetes-cronjob.json', import.meta.url)
const { decisions }: { decisions: Decision[] } = JSON.parse(readFileSync(file, 'utf8'))

/** What of it is Kubernetes' own, by the beginning of the case's name. */
const EXCLUDED: Readonly<Record<string, string>> = {
  'prev ran but done, is time, create job failed (AlreadyExists)':
    'creating the Job object fails there; here the run record meets its like at the claim (test/unit/lease/claim.test.ts)',
  'still active, is time, get job failed': 'an API call fails there; here nothing is fetched while planning',
  'this started but went missing':
    'a start that lastScheduleTime does not know of; here one commit moves next_run_at and makes the entry',
  'this started but is not present in cronjob active list':
    'a start that lastScheduleTime does not know of; here one commit moves next_run_at and makes the entry',
}

/** What DESIGN section 5 decides otherwise. */
const DECIDED: Readonly<Record<string, Partial<Decision['expect']>>> = {
  // Nothing ran and nothing starts, so nothing is active: their test never looks at its 1.
  'with @every schedule, prev ran but done, long overdue, past deadline': { activeAfter: 0 },
}

/** Never a job at all: what cannot be read is refused at registration. A zone stands beside an expression, not in it. */
const REFUSED = [
  'never ran, not valid schedule',
  'never ran, not valid time zone',
  'never ran, is time in zone, but TZ',
]

const begins = (name: string, list: readonly string[]) => list.some((beginning) => name.startsWith(beginning))
const refused = decisions.filter(({ name }) => begins(name, REFUSED))
const excluded = decisions.filter(({ name }) => begins(name, Object.keys(EXCLUDED)))
const planned = decisions.filter((one) => !refused.includes(one) && !excluded.includes(one))

function policiesOf({ overlap, startingDeadlineSeconds }: Decision['given']): Partial<Policies> {
  return {
    max_instances: overlap === 'Allow' ? 10 : 1,
    overlap: overlap === 'Replace' ? 'replace' : 'skip',
    catchup_window_seconds: startingDeadlineSeconds,
  }
}

function scheduleOf({ schedule, timeZone, lastScheduleTime, createdAt }: Decision['given']) {
  // Their @every counts from the last schedule time, or from the creation.
  const anchor_at = Date.parse(lastScheduleTime ?? createdAt)
  return parseSchedule(schedule, { time_zone: timeZone ?? 'UTC', anchor_at })
}

/** The job as it stands at `now`: what ran was started at the last schedule time. */
function jobOf(given: Decision['given']): Job {
  const created = Date.parse(given.createdAt)
  const last = given.lastScheduleTime === null ? null : Date.parse(given.lastScheduleTime)
  const made = newJob(definition({ schedule: scheduleOf(given), policies: policiesOf(given) }), created)
  const seen = { ...made, next_run_at: nextOf(made, last ?? created), enabled: !given.suspended }
  if (!given.running || last === null) return seen
  return start(
    seen,
    runId(seen.name, last),
    last,
    { owner: 'before', path: 'tick', now: last },
    Date.parse(given.now) + HOUR,
  )
}

describe('a start is decided as the Kubernetes CronJob controller decides it', () => {
  test.each(planned)('$name', ({ name, given, expect: expected }) => {
    const job = jobOf(given)
    const now = Date.parse(given.now)
    const planned = plan(job, { now, owner: 'me', path: 'tick', lease_ms: HOUR })
    expect({
      start: planned.attempt !== null,
      cancelRunning: planned.deaths.some(({ fate }) => fate === 'replaced'),
      activeAfter: planned.job.entries.length,
    }).toEqual({
      start: expected.start,
      cancelRunning: expected.cancelRunning,
      activeAfter: expected.activeAfter,
      ...DECIDED[name],
    })
  })
})

describe('what can start nothing is refused before it is a job', () => {
  test.each(refused)('$name', ({ given }) => {
    expect(() => scheduleOf(given)).toThrow(expect.objectContaining({ code: 'invalid_schedule' }))
  })
})

test('of 68 decisions 55 are compared, 5 are refused schedules and 8 are Kubernetes’ own', () => {
  expect([decisions.length, planned.length, refused.length, excluded.length]).toEqual([68, 55, 5, 8])
})
