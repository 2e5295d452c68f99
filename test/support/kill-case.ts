import { expect } from 'vitest'
import type { Definition } from '../../functions/job/definition.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { chance } from '../simulation/random.ts'
import type { Told } from './ledger.ts'
import { jobsOf } from './one-offs.ts'
import type { Scene } from './scene.ts'
import type { Moment, Point, Victim } from './victim.ts'

/** Each victim has jobs of its own, of two effects each. */
export const JOBS = 3
export const EFFECTS = 2
const LEASE_SECONDS = 10
/** The default: clocks are allowed to be this far off. */
const SKEW_SECONDS = 10
const CADENCE_MS = 2000
export const PATIENCE_MS = LEASE_SECONDS * 1000 + SKEW_SECONDS * 1000 + CADENCE_MS

export const FLAGS = {
  SCHEDULER_LEASE_SECONDS: String(LEASE_SECONDS),
}

/** What became of the jobs of one victim. */
export interface Case {
  readonly victim: Victim
  readonly jobs: readonly Definition[]
  /** The effects whose record was done when the process died, by id; null where the store could not be asked. */
  recorded: readonly string[] | null
  /** From the death to the last job's end, ms. */
  took: number
  statuses: readonly unknown[]
}

const random = chance(20)
const nth = (most: number) => random.whole(1, most)
const at = (moment: Moment, most: number): Point => ({ moment, nth: nth(most) })

/** Sixteen points on Firestore: every kind of moment in the life of a run, and some anywhere. */
export const POINTS: readonly Point[] = [
  at('asked claim', 1),
  at('answered claim', 1),
  at('begun', JOBS),
  at('begun', JOBS),
  ...Array.from({ length: 3 }, () => at('performed', JOBS * EFFECTS)),
  ...Array.from({ length: 2 }, () => at('asked effect', JOBS * EFFECTS * 2)),
  at('answered effect', JOBS * EFFECTS * 2),
  at('recorded', JOBS * EFFECTS),
  at('ended', JOBS),
  at('asked settle', 1),
  at('answered settle', 1),
  { moment: 'any', nth: nth(20) },
  { moment: 'any', nth: 20 + nth(20) },
]

/** Four on the JSON file, which has no wire: what the handlers tell is all that is seen. */
export const JSON_POINTS: readonly Point[] = [
  at('begun', JOBS),
  at('performed', JOBS * EFFECTS),
  at('recorded', JOBS * EFFECTS),
  at('ended', JOBS),
]

/** Ticks as Cloud Scheduler does until all of the jobs have ended; answers when that was. */
export async function tickUntilDone(
  tick: () => Promise<unknown>,
  isDone: () => Promise<boolean>,
  end: number,
): Promise<number> {
  for (;;) {
    const beat = new Promise((resolve) => setTimeout(resolve, CADENCE_MS))
    await tick()
    if (await isDone()) return Date.now()
    if (Date.now() > end) return Number.POSITIVE_INFINITY
    await beat
  }
}

export const statusesOf = async (documents: Documents, jobs: readonly Definition[]) =>
  (await jobsOf(documents, jobs)).map(({ status }) => status)

/** Which effects of the jobs the store knows as done. */
export async function recordedIn(documents: Documents, entries: readonly Told[]): Promise<string[]> {
  const ids = [...new Set(entries.flatMap(({ idempotency_key }) => idempotency_key ?? []))]
  if (ids.length === 0) return []
  const { value } = await documents.get(ids.map((id) => ({ collection: 'scheduler_effects', id })))
  return value.flatMap((stored) => (stored?.fields.state === 'done' ? [stored.ref.id] : []))
}

export function entriesOf(scene: Scene, { jobs }: Pick<Case, 'jobs'>): Told[] {
  return scene.ledger.entries.filter(({ job }) => jobs.some(({ name }) => name === job))
}

/** The laws of a killed process, judged by the ledger. */
export function judge(scene: Scene, one: Case): void {
  const entries = entriesOf(scene, one)
  expect(one.victim.isDead, 'the process was killed').toBe(true)
  expect(one.took, 'ms until all jobs had ended').toBeLessThanOrEqual(PATIENCE_MS)
  for (const { name } of one.jobs) {
    const mine = entries.filter(({ job }) => job === name)
    expect(mine.some(({ what }) => what === 'ended')).toBe(true)
    expect(new Set(mine.map(({ run }) => run)).size).toBe(1)
    expect(new Set(mine.map(({ fence }) => fence)).size).toBeLessThanOrEqual(2)
  }
  expect(one.statuses).toEqual(one.jobs.map(() => 'completed'))
  judgeEffects(one, entries)
}

function judgeEffects({ jobs, recorded }: Case, entries: readonly Told[]): void {
  const told = entries.filter(({ what }) => what === 'recorded')
  for (const { name } of jobs) {
    for (const key of ['first', 'second']) {
      const performed = entries.filter(
        (one) => one.job === name && one.key === key && one.what === 'performed',
      )
      const keys = new Set(performed.map(({ idempotency_key }) => idempotency_key))
      expect(keys.size, 'all performances of an effect carry one key').toBe(1)
      expect(performed.length).toBeLessThanOrEqual(2)
      const isRecorded =
        recorded?.includes([...keys][0] ?? '') ||
        told.some((one) => one.job === name && one.key === key && one.fence === performed[0]?.fence)
      if (isRecorded) expect(performed.length, 'an effect recorded as done is not repeated').toBe(1)
    }
  }
}
