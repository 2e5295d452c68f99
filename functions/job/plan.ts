import type { Path } from '../rollout/stage.ts'
import type { Change } from '../store/documents.ts'
import { type Entry, entryOf, isFull, isHeld, type Job, runId } from './job.ts'
import { bury, remove, resume, start } from './lifecycle.ts'
import { type Closing, closeDue } from './occurrences.ts'
import { type Asked, deathOf, REPLACED, type Skip } from './run.ts'
import { counted, ended } from './tally.ts'

/** Who looks at a job, for which path, when, and for how long a claim would hold. Instants in ms, `now` by the store's time. */
export interface Look {
  readonly now: number
  readonly owner: string
  readonly path: Path
  readonly lease_ms: number
}

/**
 * A holder that is no more: `retry` its run goes on, `failed` it had no attempt left, `replaced` a newer run took its slot,
 * `cancelled` the run only waited, and was ended by hand.
 */
export interface Death {
  readonly entry: Entry
  readonly fate: 'retry' | 'failed' | 'replaced' | 'cancelled'
}

/** What one look at a job decides; `job` is how the job stands once it is committed. */
export interface Plan {
  readonly job: Job
  /** How it stands without the attempt, should the store know that run as ended or in other hands. */
  readonly without: Job
  /** The attempt to make now, by the entry that it has in `job`. */
  readonly attempt: Entry | null
  /** What the attempt is given (JSON text), where that is not the job's own payload. */
  readonly payload?: string
  /** Who asked for it, where it is not the schedule's. */
  readonly asked?: Asked
  /** What is to be written in the same commit. */
  readonly also?: readonly Change[]
  readonly deaths: readonly Death[]
  readonly skips: readonly Skip[]
}

/**
 * Decides which occurrence or retry of a job starts now, which holders are given up, which occurrences are skipped,
 * and why. At most one attempt starts at a look: more are found by the next one.
 */
export function plan(job: Job, look: Look): Plan {
  const { job: buried, deaths } = buryTheDead(job, look.now)
  const waiting = nextRetry(buried, look.now)
  const closing = close(buried, look.now, waiting !== undefined)
  const { skips } = closing
  const closed = counted({ ...buried, next_run_at: closing.next_run_at, updated_at: look.now }, skips)
  const rest = { without: closed, skips }
  if (closing.start !== null) return { ...rest, ...begin(closed, closing.start, look, deaths) }
  if (waiting === undefined) return { ...rest, job: closed, attempt: null, deaths }
  const resumed = resume(closed, waiting.run, look, look.now + look.lease_ms)
  const attempt = entryOf(resumed, waiting.run) ?? null
  return { ...rest, without: remove(closed, waiting.run, look.now), job: resumed, attempt, deaths }
}

/** A retry that is due goes before a new occurrence, unless that would replace it at once. A paused job closes nothing. */
function close(job: Job, now: number, retryIsDue: boolean): Closing {
  if (!job.enabled) return { start: null, skips: [], next_run_at: job.next_run_at }
  const replaces = job.policies.overlap === 'replace'
  return closeDue(job, now, replaces || (!retryIsDue && !isFull(job)))
}

function begin(
  job: Job,
  at: number,
  look: Look,
  deaths: readonly Death[],
): Pick<Plan, 'job' | 'attempt' | 'deaths'> {
  const replaced = isFull(job) ? oldest(job) : undefined
  const free = replaced === undefined ? job : giveWay(job, replaced, look.now)
  const run = runId(job.name, at)
  const begun = start(free, run, at, look, look.now + look.lease_ms)
  const died: Death[] = replaced === undefined ? [] : [{ entry: replaced, fate: 'replaced' }]
  return { job: begun, attempt: entryOf(begun, run) ?? null, deaths: [...deaths, ...died] }
}

function buryTheDead(job: Job, now: number): { job: Job; deaths: Death[] } {
  const dead = job.entries.filter((entry) => isHeld(entry) && entry.until <= now)
  let buried = job
  const deaths: Death[] = []
  for (const entry of dead) {
    buried = bury(buried, entry)
    const fate = entryOf(buried, entry.run) === undefined ? 'failed' : 'retry'
    if (fate === 'failed') buried = ended(buried, entry, { outcome: 'failed', error: deathOf(entry) }, now)
    deaths.push({ entry, fate })
  }
  return { job: buried, deaths }
}

function giveWay(job: Job, entry: Entry, now: number): Job {
  return ended(remove(job, entry.run, now), entry, { outcome: 'cancelled', error: REPLACED }, now)
}

function nextRetry(job: Job, now: number): Entry | undefined {
  // What is known from reports only is tried again by whoever reports.
  if (!job.enabled || job.kind === 'reported') return undefined
  return least(
    job.entries.filter((entry) => entry.state === 'retry' && entry.until <= now),
    (entry) => entry.until,
  )
}

function oldest(job: Job): Entry | undefined {
  return least(job.entries, (entry) => entry.fence)
}

function least(entries: readonly Entry[], of: (entry: Entry) => number): Entry | undefined {
  return entries.toSorted((a, b) => of(a) - of(b))[0]
}
