import { describe, expect, it } from 'vitest'
import { newJob } from '../../functions/job/definition.ts'
import type { Job } from '../../functions/job/job.ts'
import { DEFAULT_POLICIES } from '../../functions/job/policies.ts'
import { newRun, type Run } from '../../functions/job/run.ts'
import { MOVED, type Path } from '../../functions/rollout/stage.ts'
import type { Told } from '../support/ledger.ts'
import type { Books } from './books.ts'
import { wrongs } from './judge.ts'

const T0 = Date.parse('2030-01-31T12:00:00Z')
const at = (second: number) => T0 + second * 1000
const ERAS = [{ from: 0, rollouts: [MOVED] }]

/** Falls due at every second; those up to the fourth are accounted for. */
const pair: Job = {
  ...newJob(
    {
      name: 'pair',
      kind: 'recurring',
      description: '',
      display_name: '',
      target: { kind: 'handler' },
      ends_at: null,
      job_type: 'pair',
      lane: 'high',
      schedule: { kind: 'every', seconds: 1, anchor_at: 0 },
      payload: '{}',
      policies: DEFAULT_POLICIES,
    },
    T0,
  ),
  next_run_at: at(5),
}

function run(second: number, path: Path = 'tick'): Run {
  const scheduled_for = at(second)
  const id = `pair@${new Date(scheduled_for).toISOString()}`
  const rest = { began_at: scheduled_for, give_backs: 0, died: false, trouble: null, token: null, until: 0 }
  const entry = {
    run: id,
    state: 'running',
    fence: 1,
    attempt: 1,
    owner: 'a',
    path,
    scheduled_for,
    ...rest,
  } as const
  return { ...newRun(pair, entry, scheduled_for), status: 'succeeded' }
}

const performed = ({ id }: Run): Told[] =>
  ['first', 'second'].map((key) => ({
    at: 0,
    what: 'performed',
    job: 'pair',
    run: id,
    attempt: 1,
    fence: 1,
    pid: 1,
    key,
    idempotency_key: `${id}:${key}`,
  }))

const RUNS = [run(1), run(4)]
const SKIP = { job: 'pair', reason: 'overlap', first_at: at(2), last_at: at(3), count: 2 } as const
const BOOKS: Books = { jobs: [pair], runs: RUNS, skips: [SKIP], ticks: [], rehearsed: 0 }
const TOLD = RUNS.flatMap(performed)

describe('the judge of a rehearsal', () => {
  it('finds nothing wrong with books in which each occurrence stands once', () => {
    expect(wrongs(BOOKS, TOLD, ERAS)).toEqual([])
  })

  it.each<[string, Partial<Books>, readonly Told[], RegExp]>([
    ['an occurrence without a record', { skips: [] }, TOLD, /12:00:02.000Z is in 0 records/],
    [
      'an occurrence in two records',
      { skips: [{ ...SKIP, last_at: at(4), count: 3 }] },
      TOLD,
      /12:00:04.000Z is in 2 records/,
    ],
    ['a range that miscounts', { skips: [{ ...SKIP, count: 3 }] }, TOLD, /counts 3, not 2/],
    [
      'a record of no occurrence',
      { runs: [...RUNS, run(6)] },
      [...TOLD, ...performed(run(6))],
      /of no occurrence that fell due/,
    ],
    ['a run without an end', { runs: [run(1), { ...run(4), status: 'retry' }] }, TOLD, /is retry/],
    [
      'an attempt by the wrong path',
      { runs: [run(1), run(4, 'legacy')] },
      TOLD,
      /made by legacy, not by tick/,
    ],
    ['an effect that is missing', {}, TOLD.slice(1), /first was performed 0 times/],
    ['an effect that was repeated', {}, [...TOLD, ...TOLD.slice(-1)], /second was performed 2 times/],
    ['an effect of no run', {}, [...TOLD, ...performed(run(9))], /no run has it/],
    [
      'an effect under the key of another',
      {},
      TOLD.map((told) => ({ ...told, idempotency_key: 'x' })),
      /4 effects came with 1 keys/,
    ],
  ])('finds %s', (_what, books, told, complaint) => {
    expect(wrongs({ ...BOOKS, ...books }, told, ERAS).join('\n')).toMatch(complaint)
  })

  it('finds a run that a job still has in flight', () => {
    const entry = { run: 'pair@x', state: 'running' } as never
    const jobs = [{ ...pair, entries: [entry] }]
    expect(wrongs({ ...BOOKS, jobs }, TOLD, ERAS)).toEqual(['pair has left pair@x in running'])
  })
})
