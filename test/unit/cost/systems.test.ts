import { describe, expect, it } from 'vitest'
import type { Definition } from '../../../functions/job/definition.ts'
import { DEFAULT_POLICIES } from '../../../functions/job/policies.ts'
import { agentJobs } from '../../../functions/jobs/examples/agent/jobs.ts'
import { postsJobs } from '../../../functions/jobs/examples/posts/jobs.ts'
import { queueJobs } from '../../../functions/jobs/examples/queues/jobs.ts'
import { transitJobs } from '../../../functions/jobs/examples/transit/jobs.ts'
import type { Documents } from '../../../functions/store/documents.ts'
import { foreign } from '../../../functions/store/foreign.ts'
import type { JobDefinition } from '../../../functions/target/handler.ts'
import type { Call } from '../../../functions/target/target.ts'
import type { Terms, Workload } from '../../../scripts/cost/job-set.ts'
import { laneUsage } from '../../../scripts/cost/lane.ts'
import { plus, times } from '../../../scripts/cost/operations.ts'
import { SYSTEMS } from '../../../scripts/cost/systems.ts'
import { termsOf } from '../../../scripts/cost/terms.ts'
import { createMemory } from '../../../scripts/dev/demo-service/received.ts'
import type { VirtualClock } from '../../support/virtual-clock.ts'
import { demoFetch } from '../../systems/demo-fetch.ts'
import facts from '../../systems/systems.json' with { type: 'json' }
import { hourOf, MIDNIGHT } from './hour.ts'

/** A service that is done at once. */
const call: Call = async () => ({ kind: 'succeeded', result: null, items: null })

type Place = Parameters<typeof transitJobs>[0]

/** The example jobs of a system, on the lanes that its table has. */
const jobsOf =
  (make: (place: Place) => readonly JobDefinition[], oneLane: boolean) => (clock: VirtualClock) =>
    make({ baseUrl: 'http://demo.example', fetch: demoFetch(clock, createMemory(clock)).fetch }).map((job) =>
      oneLane ? { ...job, lane: 'default' } : job,
    )

function termsFor(system: string): Terms {
  return { ...termsOf({}, null), ...SYSTEMS[system]?.terms }
}

/** What the model says of some whole days, as an average hour. */
function modelled(system: string, jobs = SYSTEMS[system]?.jobs.jobs ?? [], days = 1) {
  const terms = termsFor(system)
  let operations = times({})
  let seconds = 0
  for (let day = 0; day < days; day += 1) {
    for (const lane of terms.lanes) {
      const own = jobs.filter((job) => job.lane === lane.name)
      const usage = laneUsage(own, lane, terms, MIDNIGHT + day * 86_400_000)
      operations = plus(operations, usage.operations)
      seconds += usage.seconds
    }
  }
  const { read, written, checked } = operations
  const hours = 24 * days
  return { read: read / hours, written: written / hours, checked: checked / hours, seconds: seconds / hours }
}

/** Each within a share of what was measured. */
function expectNear(model: Record<string, number>, measured: Record<string, number>, share = 0.1) {
  for (const [name, value] of Object.entries(measured)) {
    const says = `${name}: the model says ${model[name]?.toFixed(1)}, ${value.toFixed(1)} were counted`
    expect(Math.abs((model[name] ?? 0) - value), says).toBeLessThanOrEqual(share * value)
  }
}

const loads = (system: string, change: (job: Workload) => Partial<Workload>) =>
  (SYSTEMS[system]?.jobs.jobs ?? []).map((job) => ({ ...job, ...change(job) }))

describe('what the model says of an hour of a system is within a tenth of what its real jobs did', () => {
  it('transit', async () => {
    const from = MIDNIGHT + 12 * 3_600_000
    const jobs = jobsOf(transitJobs, false)
    // Three rounds of the arrival logging, which is due every 12 minutes since it takes 10.
    const hours = 0.6
    const { operations, seconds } = await hourOf({
      lanes: termsFor('transit').lanes,
      jobs,
      from,
      hours,
      warm: 720_000,
    })
    const { read, written, checked } = operations
    const measured = { read, written, checked, seconds }
    expectNear(
      modelled('transit'),
      Object.fromEntries(Object.entries(measured).map(([name, value]) => [name, value / hours])),
    )
  })
  it('agent', async () => {
    const measured = await hourOf({ lanes: termsFor('agent').lanes, jobs: jobsOf(agentJobs, true) })
    expectNear(modelled('agent'), measured.operations)
  })
  it('posts', async () => {
    const measured = await hourOf({ lanes: termsFor('posts').lanes, jobs: jobsOf(postsJobs, true) })
    // The demonstration has three posts for each run.
    const model = modelled(
      'posts',
      loads('posts', () => ({ effects: 3, seconds: 0.1 })),
    )
    expectNear(model, measured.operations)
  })
  it('queues', async () => {
    const measured = await hourOf({
      lanes: termsFor('queues').lanes,
      jobs: jobsOf(queueJobs, true),
      each: fillQueues,
    })
    const model = modelled(
      'queues',
      loads('queues', () => ({ seconds: 0.1 })),
    )
    expectNear(model, measured.operations)
  })
  it('services', async () => {
    const registered =
      facts.systems
        .find(({ name }) => name === 'services')
        ?.jobs.map((job) => definitionOf(job.name, 'cron' in job ? (job.cron ?? '') : '')) ?? []
    const lanes = termsFor('services').lanes
    const measured = await hourOf({ lanes, jobs: () => [], registered, call, hours: 24, warm: 60_000 })
    expect(measured.runs).toBe(3)
    const { read, written, checked } = measured.operations
    expectNear(modelled('services'), { read: read / 24, written: written / 24, checked: checked / 24 })
  })
})

function definitionOf(name: string, expression: string): Definition {
  return {
    name,
    kind: 'recurring',
    display_name: name,
    description: '',
    job_type: name,
    target: { kind: 'http', service: 'email-service', endpoint: `/api/jobs/${name}` },
    lane: 'default',
    schedule: { kind: 'cron', expression, time_zone: 'UTC' },
    ends_at: null,
    payload: '{}',
    policies: DEFAULT_POLICIES,
  }
}

/** As many items as the table says that each run finds. */
async function fillQueues(documents: Documents, minute: number) {
  const items: Record<string, [collection: string, status: string, every: number, fields: object]> = {
    'process-pending-domains': ['domains', 'processing_status', 1, { domain: 'example.com' }],
    'deep-scan-queue': ['places', 'deep_scan_status', 5, { name: 'A place' }],
    'domain-extraction-queue': [
      'local_businesses',
      'domain_extraction_status',
      2,
      { website: 'https://example.com' },
    ],
    'domain-sitemap-submission': ['domains', 'sitemap_submission_status', 1, { domain: 'example.com' }],
    'sitemap-import': [
      'sitemap_files',
      'sitemap_import_status',
      1,
      { url: 'https://example.com/sitemap.xml' },
    ],
    'page-curation': ['pages', 'page_processing_status', 1, { title: 'A page' }],
  }
  for (const job of SYSTEMS.queues?.jobs.jobs ?? []) {
    const [collection, status, every, fields] = items[job.name] ?? ['', '', 1, {}]
    if (minute % every !== 0) continue
    const ids = Array.from({ length: job.items }, (_, n) => `${job.name}-${minute}-${n}`)
    await documents.commit(
      ids.map((id) => ({
        kind: 'create',
        ref: { collection: foreign(collection), id },
        fields: { ...fields, [status]: 'Queued' },
      })),
    )
  }
}

describe('the table of the five systems', () => {
  it.each((facts.systems as readonly Facts[]).map((system) => [system.name, system.jobs] as const))(
    'has every job of %s that is due by itself, at its own instants',
    (name, jobs) => {
      const scheduled = jobs.filter(({ one_off }) => one_off !== true)
      const due = scheduled.map((job) => [job.name, job.every_seconds ?? job.cron])
      const table = (SYSTEMS[name]?.jobs.jobs ?? []).map((job) => [job.name, whenOf(job)])
      expect(new Map(table as [string, unknown][])).toEqual(new Map(due as [string, unknown][]))
    },
  )

  it('says no less of how long and how much than they did', () => {
    const transit = SYSTEMS.transit?.jobs.jobs ?? []
    expect(transit.find(({ name }) => name === 'arrival-logging')?.seconds).toBe(600)
    const items = (SYSTEMS.queues?.jobs.jobs ?? []).map(({ items: each, schedule }) =>
      schedule.kind === 'every' ? (each * 60) / schedule.seconds : 0,
    )
    expect(items.reduce((sum, one) => sum + one, 0)).toBeCloseTo(30, 0)
  })
})

function whenOf({ schedule }: Workload): number | string | null {
  if (schedule.kind === 'every') return schedule.seconds
  return schedule.kind === 'cron' ? schedule.expression : null
}

interface Facts {
  readonly name: string
  readonly jobs: readonly {
    readonly name: string
    readonly one_off?: boolean
    readonly cron?: string
    readonly every_seconds?: number
  }[]
}
