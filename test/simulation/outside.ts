import { TickoverError } from '../../functions/errors.ts'
import type { Outcome } from '../../functions/job/outcome.ts'
import { claimRun, type Door } from '../../functions/legacy/door.ts'
import { settleRun } from '../../functions/legacy/report.ts'
import type { Chance } from './random.ts'

/** An older scheduler that lives elsewhere: it asks at the door of some process before each run, and reports the end. */
export interface Outside {
  readonly chance: Chance
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** The door of a process that is up; null when none is. */
  readonly door: () => Door | null
  readonly count: (what: string) => void
}

/** Its e-mail address, which stands in the owner of its claims. */
export const EMAIL = 'outside@example.com'

const JOBS = ['many', 'queued', 'flaky', 'windowed']
/** How long it waits for an answer, in ms: a process that has died gives none. */
const PATIENCE_MS = 15_000

const SUCCEEDED: Outcome = { kind: 'succeeded', result: null, items: null }
const FAILED: Outcome = { kind: 'retry', error: 'no', items: null, after_seconds: null }

/** One turn: a claim, and where it is granted, the work and the report. Never rejects. */
export async function turn(outside: Outside): Promise<void> {
  const { chance, now, count } = outside
  const asked = outside.door()
  if (asked === null) return
  const request = {
    job: chance.pick(JOBS),
    started_at: now(),
    scheduled_for: null,
    lease_seconds: 20,
    payload: null,
    job_type: null,
    email: EMAIL,
    key: chance.often(0.5) ? `key ${now()}` : null,
  }
  const granted = await answered(outside, claimRun(asked, request))
  if (granted === null) return
  count('outside_claimed')
  const { run, fence } = granted.entry
  // Mostly quick; now and then so slow that its lease has run out when it reports.
  await outside.sleep(chance.often(0.1) ? chance.whole(21_000, 40_000) : chance.whole(0, 4_000))
  const told = outside.door()
  if (told === null) return
  const outcome = chance.often(0.2) ? FAILED : SUCCEEDED
  const taken = await answered(outside, settleRun(told, { run, fence, email: EMAIL }, outcome, true))
  if (taken !== null) count('outside_settled')
}

/** The answer; null for a refusal, for trouble, and when none comes. */
async function answered<T>({ sleep, count }: Outside, answer: Promise<T>): Promise<T | null> {
  const refused = (error: unknown) => {
    if (!(error instanceof TickoverError)) throw error
    if (error.code === 'lost' || error.code === 'not_owner') count(`outside_${error.code}`)
    return null
  }
  return Promise.race([answer.catch(refused), sleep(PATIENCE_MS).then(() => null)])
}
