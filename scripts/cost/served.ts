import pLimit from 'p-limit'
import { z } from 'zod'
import { SCHEDULE } from '../../functions/http/contract/parts.ts'
import { POLICIES } from '../../functions/job/policies.ts'
import { parseSchedule } from '../../functions/schedule/schedule.ts'
import type { JobDefinition } from '../../functions/target/handler.ts'
import type { Platform } from '../rollout/platform.ts'
import { loadOf } from './coded.ts'
import type { JobSet, Workload } from './job-set.ts'

const MOST_PAGES = 10
const PAGE = 500
const CALLS_AT_ONCE = 4
const PATIENCE_MS = 30_000
/** Runs of so many days are averaged. */
const STATS_DAYS = 30

const JOB = z.looseObject({
  name: z.string(),
  job_type: z.string(),
  lane: z.string(),
  schedule: SCHEDULE,
  policies: POLICIES,
  enabled: z.boolean(),
  target: z.looseObject({ kind: z.enum(['handler', 'http']) }),
})
const DAMAGED = z.looseObject({ name: z.string(), status: z.literal('damaged') })
const PAGE_OF_JOBS = z.looseObject({
  jobs: z.array(z.union([JOB, DAMAGED])),
  next_cursor: z.string().nullable(),
})
const STATS = z.looseObject({
  stats: z.looseObject({
    total_executions: z.number(),
    avg_duration_ms: z.number(),
    total_items_processed: z.number(),
  }),
})

/** Where the service is, and by what its queues are known. */
export interface Served {
  readonly platform: Pick<Platform, 'name' | 'url' | 'token'>
  readonly coded: readonly JobDefinition[]
  /** Effects of a run, which no record sums up. */
  readonly effects: number
}

/** The enabled jobs of a running service, with what their runs of the last 30 days took. Rejects when it does not answer. */
export async function servedJobs(served: Served): Promise<JobSet> {
  const all = await listJobs(served)
  const jobs = all.flatMap((one) => (isEnabled(one) ? [one] : []))
  const limit = pLimit(CALLS_AT_ONCE)
  const loads = await limit.map(jobs, (job) => measured(served, job))
  const unknown = loads.filter(({ known }) => !known).map(({ job }) => job.name)
  const left = all.length - jobs.length
  return {
    name: served.platform.name,
    jobs: loads.map(({ job }) => job),
    assumed: [
      `a run has ${served.effects} ${served.effects === 1 ? 'effect' : 'effects'} (--effects N), one that calls a service has none`,
      ...(unknown.length > 0 ? [`${count(unknown.length, 'job')} never ran: 0.1 s a run`] : []),
      ...(left > 0 ? [`${count(left, 'job')} left out: paused or damaged`] : []),
    ],
  }
}

type Listed = z.output<typeof PAGE_OF_JOBS>['jobs'][number]

function isEnabled(one: Listed): one is z.output<typeof JOB> {
  return 'enabled' in one && one.enabled === true
}

async function listJobs({ platform }: Served) {
  const found: Listed[] = []
  let cursor: string | null = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const after: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const { jobs, next_cursor } = PAGE_OF_JOBS.parse(await ask(platform, `/api/jobs?limit=${PAGE}${after}`))
    found.push(...jobs)
    cursor = next_cursor
    if (cursor === null) return found
  }
  throw new Error(
    `${platform.name} has more than ${MOST_PAGES * PAGE} jobs, which is more than are read here.`,
  )
}

async function measured({ platform, coded, effects }: Served, job: z.output<typeof JOB>) {
  const path = `/api/jobs/${encodeURIComponent(job.name)}/stats?days=${STATS_DAYS}`
  const { stats } = STATS.parse(await ask(platform, path))
  const { total_executions: runs, avg_duration_ms, total_items_processed } = stats
  const load = loadOf(coded, job.job_type, effects)
  const taken = load.kind === 'queue' && runs > 0 ? total_items_processed / runs : load.items
  const work: Workload = {
    name: job.name,
    lane: job.lane,
    policies: job.policies,
    schedule: parseSchedule(inputOf(job.schedule), { time_zone: 'UTC', anchor_at: 0 }),
    ...load,
    ...(job.target.kind === 'http' && { kind: 'http', items: 0, effects: 0 }),
    items: taken,
    seconds: runs > 0 ? avg_duration_ms / 1000 : load.seconds,
  }
  return { job: work, known: runs > 0 }
}

function inputOf(schedule: z.output<typeof SCHEDULE>) {
  switch (schedule.kind) {
    case 'cron':
      return { cron: schedule.expression, time_zone: schedule.time_zone }
    case 'every':
      return { every_seconds: schedule.seconds, anchor_at: schedule.anchor_at }
    case 'at':
      return { at: schedule.at }
  }
}

async function ask({ url, token }: Served['platform'], path: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${await token()}` }
  const signal = AbortSignal.timeout(PATIENCE_MS)
  // Followed, a redirect could take the token elsewhere.
  const answer = await fetch(new URL(path, url), { headers, signal, redirect: 'manual' })
  if (answer.ok) return answer.json()
  await answer.body?.cancel()
  throw new Error(
    `GET ${path} answered ${answer.status}. This shell's account needs the role viewer in SCHEDULER_PRINCIPALS, and roles/run.invoker where IAM stands before the service.`,
  )
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
