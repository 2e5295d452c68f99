import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { desiredJobs } from '../../../scripts/setup/desired.ts'
import {
  isPending,
  plan,
  planPause,
  planVerb,
  type SetupOptions,
  type Step,
} from '../../../scripts/setup/plan.ts'
import type { Existing, Spec } from '../../../scripts/setup/spec.ts'
import { fromWire, toWire } from '../../../scripts/setup/wire.ts'
import { settings } from './settings.ts'

const LANES = [
  { name: 'high', dwell_seconds: 75 },
  { name: 'low', dwell_seconds: null },
]
const DESIRED = desiredJobs(settings({ lanes: LANES }))
const LOW = DESIRED.find(({ id }) => id === 'tickover-low')!

const found = (spec: Spec, more: Partial<Existing> = {}): Existing => ({
  spec,
  state: 'ENABLED',
  schedule_at: null,
  last_attempt_at: null,
  last_code: null,
  ...more,
})
const setup = (existing: Existing[], options: Partial<SetupOptions> = {}, desired = [LOW]) =>
  plan(desired, existing, { paused: false, remove: false, ...options })

describe('a plan', () => {
  test('creates what is not there', () => {
    expect(setup([], {}, DESIRED).map(({ kind, id }) => [kind, id])).toEqual([
      ['create', 'tickover-high-even'],
      ['create', 'tickover-high-odd'],
      ['create', 'tickover-low'],
    ])
  })

  test('leaves what is right as it is, paused or not', () => {
    expect(setup([found(LOW)])).toEqual([{ kind: 'unchanged', id: LOW.id, state: 'ENABLED' }])
    expect(setup([found(LOW, { state: 'PAUSED' })])).toEqual([
      { kind: 'unchanged', id: LOW.id, state: 'PAUSED' },
    ])
  })

  test('updates what differs and names each field, before and after', () => {
    const old = { ...LOW, schedule: '*/10 * * * *', headers: { 'Content-Type': 'text/plain' } }
    expect(setup([found(old)])).toMatchObject([
      {
        kind: 'update',
        changes: [
          { field: 'schedule', from: '*/10 * * * *', to: '* * * * *' },
          {
            field: 'headers',
            from: { 'Content-Type': 'text/plain' },
            to: { 'Content-Type': 'application/json' },
          },
        ],
      },
    ])
  })

  test('notices a difference in any one field', () => {
    const fields = Object.keys(LOW).filter((field) => field !== 'id')
    for (const field of fields) {
      const description = `${LOW.description} once`
      const spec = { ...LOW, [field]: field === 'description' ? description : 'other' }
      expect(setup([found(spec)])).toMatchObject([{ kind: 'update', changes: [{ field }] }])
    }
  })

  test('mends a job whose last update failed', () => {
    expect(setup([found(LOW, { state: 'UPDATE_FAILED' })])).toMatchObject([
      { kind: 'update', changes: [{ field: 'state' }] },
    ])
  })

  test('with --paused pauses before it changes, so that the change cannot tick', () => {
    const kinds = (existing: Existing[]) => setup(existing, { paused: true }).map(({ kind }) => kind)
    expect(setup([], { paused: true })).toMatchObject([{ kind: 'create', paused: true }])
    expect(kinds([found({ ...LOW, schedule: '0 0 29 2 *' })])).toEqual(['pause', 'update'])
    expect(kinds([found(LOW)])).toEqual(['pause'])
    expect(kinds([found(LOW, { state: 'PAUSED' })])).toEqual(['unchanged'])
  })

  test('deletes orphans only when told to', () => {
    const orphan = found({ ...LOW, id: 'tickover-gone' })
    expect(setup([found(LOW), orphan])).toContainEqual({ kind: 'orphan', id: 'tickover-gone' })
    expect(setup([found(LOW), orphan], { remove: true })).toContainEqual({
      kind: 'delete',
      id: 'tickover-gone',
    })
  })

  test('never touches what was not made here, whatever it is called', () => {
    const theirs = [
      found({ ...LOW, id: 'nightly-report' }),
      found({ ...LOW, id: 'tickover-mine', description: 'hands off' }),
      found({ ...LOW, description: 'hands off' }),
    ]
    expect(setup(theirs, { remove: true, paused: true })).toEqual([{ kind: 'foreign', id: LOW.id }])
    expect(planPause(theirs)).toEqual([])
    expect(planVerb('resume', [LOW], theirs)).toEqual([{ kind: 'foreign', id: LOW.id }])
  })

  test('once carried out leaves nothing to do', () => {
    const spec = fc.record({
      id: fc.constantFrom(...DESIRED.map(({ id }) => id), 'tickover-gone'),
      schedule: fc.constantFrom('* * * * *', '*/2 * * * *', '0 0 29 2 *'),
      state: fc.constantFrom('ENABLED' as const, 'PAUSED' as const, 'UPDATE_FAILED' as const),
    })
    const world = fc.uniqueArray(spec, { selector: ({ id }) => id })
    fc.assert(
      fc.property(world, fc.boolean(), fc.boolean(), (jobs, paused, remove) => {
        const existing = jobs.map(({ id, schedule, state }) => found({ ...LOW, id, schedule }, { state }))
        const options = { paused, remove }
        const after = carriedOut(existing, setup(existing, options, DESIRED))
        expect(setup(after, options, DESIRED).filter(isPending)).toEqual([])
      }),
    )
  })
})

describe('the verbs', () => {
  test('pause reaches orphans too: afterwards nothing ticks', () => {
    const existing = [found(LOW, { state: 'PAUSED' }), found({ ...LOW, id: 'tickover-gone' })]
    expect(planPause(existing)).toMatchObject([{ kind: 'unchanged' }, { kind: 'pause', id: 'tickover-gone' }])
  })

  test('resume and run reach the configured lanes only, and miss what is not there', () => {
    const existing = [
      found(LOW, { state: 'PAUSED' }),
      found({ ...LOW, id: 'tickover-gone' }, { state: 'PAUSED' }),
    ]
    expect(planVerb('resume', [LOW], existing)).toEqual([{ kind: 'resume', id: LOW.id }])
    expect(planVerb('resume', [LOW], [found(LOW)])).toMatchObject([{ kind: 'unchanged' }])
    expect(planVerb('run', [LOW], existing)).toEqual([{ kind: 'run', id: LOW.id }])
    expect(planVerb('run', [LOW], [])).toEqual([{ kind: 'missing', id: LOW.id }])
  })
})

describe('the wire', () => {
  test('a job comes back as it was sent, whatever headers the service adds and however it spells them', () => {
    for (const spec of DESIRED) {
      const wire = toWire('projects/p/locations/l', spec)
      const headers = {
        'content-type': 'application/json',
        'User-Agent': 'Google-Cloud-Scheduler',
        'X-CloudScheduler': 'true',
      }
      const back = fromWire({ ...wire, state: 'ENABLED', httpTarget: { ...wire.httpTarget, headers } })
      expect(back.spec).toEqual(spec)
    }
  })

  test('the last attempt’s code is null before the first attempt and 0 after a success', () => {
    const wire = toWire('projects/p/locations/l', LOW)
    expect(fromWire(wire).last_code).toBeNull()
    const attempted = fromWire({
      ...wire,
      lastAttemptTime: { seconds: '100' },
      scheduleTime: { seconds: '160' },
    })
    expect(attempted).toMatchObject({ last_code: 0, last_attempt_at: 100_000, schedule_at: 160_000 })
  })
})

/** What the service would hold after these steps. */
function carriedOut(existing: readonly Existing[], steps: readonly Step[]): Existing[] {
  const jobs = new Map(existing.map((job) => [job.spec.id, job]))
  for (const step of steps) {
    const after = carriedOutOn(jobs.get(step.id), step)
    if (after === undefined) jobs.delete(step.id)
    else jobs.set(step.id, after)
  }
  return [...jobs.values()]
}

function carriedOutOn(job: Existing | undefined, step: Step): Existing | undefined {
  if (step.kind === 'create') return found(step.spec, { state: step.paused ? 'PAUSED' : 'ENABLED' })
  if (job === undefined || step.kind === 'delete') return undefined
  if (step.kind === 'pause') return { ...job, state: 'PAUSED' }
  if (step.kind !== 'update') return job
  return { ...job, spec: step.spec, state: job.state === 'UPDATE_FAILED' ? 'ENABLED' : job.state }
}
