import { moveBehind } from './behind.ts'
import { buryDead } from './dead.ts'
import { type Entry, entryOf, isHeld, type Job, runId } from './job.ts'
import { remove, resume, start } from './lifecycle.ts'
import { isOccurrence, nearestOccurrence } from './nearest.ts'
import type { Death, Look, Plan } from './plan.ts'
import { REPLACED } from './run.ts'
import { counted, ended } from './tally.ts'

/** What an outside scheduler says that it is about to run. Instants in ms. */
export interface Report {
  readonly started_at: number
  /** What it runs for; null: the occurrence nearest to its start. */
  readonly scheduled_for: number | null
  /** How far its clock may be off ours, in ms. */
  readonly skew_ms: number
}

/** Why a report may start nothing: a stable code, and what to do. */
export interface Refusal {
  readonly code: 'paused' | 'already_running' | 'already_done'
  readonly reason: string
}

/** What a report comes to. A refused one starts nothing, but the dead are buried all the same. */
export interface Reception {
  readonly plan: Plan
  readonly refusal: Refusal | null
}

/**
 * Decides what a report starts. Its occurrence, if it is one of ours and open: what is open before it gets its outcome,
 * and the job goes on behind it. A run that waits for its next attempt: that attempt. Any other instant is a run of its
 * own, since the outside scheduler is live and performs it: it moves nothing. A retry that only waits gives up its slot.
 */
export function receive(job: Job, look: Look, report: Report): Reception {
  const resting = buryDead(job, look)
  const at = instantOf(job, report)
  const refusal = refusalOf(job, resting, at, look, report)
  if (refusal !== null) return { plan: resting, refusal }
  const waits = entryOf(resting.job, runId(job.name, at)) !== undefined
  return { plan: waits ? again(resting, at, look) : begin(resting, at, look, report), refusal: null }
}

function instantOf(job: Job, { scheduled_for, started_at, skew_ms }: Report): number {
  return scheduled_for ?? nearestOccurrence(job, started_at, skew_ms) ?? started_at
}

function refusalOf(job: Job, resting: Plan, at: number, { now }: Look, report: Report): Refusal | null {
  if (!job.enabled) return { code: 'paused', reason: `${job.name} is paused. Enable it, or leave it alone.` }
  const run = runId(job.name, at)
  const entry = entryOf(resting.job, run)
  if (entry !== undefined) return isHeld(entry) ? running(`${run} is held`, entry) : null
  const hasDied = resting.deaths.some((death) => death.entry.run === run)
  if (hasDied || isClosed(job, at, now, report)) return { code: 'already_done', reason: doneReason(run) }
  const holders = resting.job.entries.filter(isHeld)
  const [first] = holders.toSorted((a, b) => a.until - b.until)
  if (first === undefined || holders.length < job.policies.max_instances) return null
  return running(`Every slot of ${job.name} is taken: ${first.run} is held`, first)
}

function running(what: string, { path, until }: Entry): Refusal {
  const end = new Date(until).toISOString()
  return {
    code: 'already_running',
    reason: `${what} by the path ${path} until ${end}. Do not perform it; ask again after that.`,
  }
}

/** What is said of an occurrence that has its outcome. */
export function doneReason(run: string): string {
  return `${run} has its outcome already. Do not perform it; claim the next one.`
}

/** May this occurrence be closed by claiming it? One that is still to come may only be early by as much as clocks differ. */
function isOpen({ next_run_at }: Job, at: number, now: number, { skew_ms }: Report): boolean {
  return next_run_at !== null && next_run_at <= at && at <= now + skew_ms
}

/**
 * Has this occurrence its outcome? One in the middle of a skipped range has no record of its own, so behind the job's
 * place every occurrence counts as closed; of the time before the job was made the records alone can tell.
 */
function isClosed(job: Job, at: number, now: number, report: Report): boolean {
  if (at <= job.created_at || at > now + report.skew_ms) return false
  return isOccurrence(job, at) && !isOpen(job, at, now, report)
}

/** The next attempt of a run that waits for it. */
function again(resting: Plan, at: number, look: Look): Plan {
  const { job, deaths } = resting
  const run = runId(job.name, at)
  const resumed = resume(job, run, look, look.now + look.lease_ms)
  const attempt = entryOf(resumed, run) ?? null
  return { job: resumed, without: remove(job, run, look.now), attempt, deaths, skips: [] }
}

function begin(resting: Plan, at: number, look: Look, report: Report): Plan {
  const { job } = resting
  const { now } = look
  const moves = isOpen(job, at, now, report) && isOccurrence(job, at)
  const { skips, next_run_at } = moves ? moveBehind(job, at) : { ...job, skips: [] }
  const without = counted({ ...job, next_run_at, updated_at: now }, skips)
  const yielding = waitingInTheWay(without)
  const free = yielding.reduce((freed, entry) => giveWay(freed, entry, now), without)
  const run = runId(job.name, at)
  const begun = start(free, run, at, look, now + look.lease_ms)
  const replaced = yielding.map((entry): Death => ({ entry, fate: 'replaced' }))
  const attempt = entryOf(begun, run) ?? null
  return { job: begun, without, attempt, deaths: [...resting.deaths, ...replaced], skips }
}

/** The retries that have to leave for a slot to be free, those due first. */
function waitingInTheWay({ entries, policies }: Job): Entry[] {
  const waiting = entries.filter(({ state }) => state === 'retry').toSorted((a, b) => a.until - b.until)
  return waiting.slice(0, Math.max(0, entries.length - policies.max_instances + 1))
}

function giveWay(job: Job, entry: Entry, now: number): Job {
  return ended(remove(job, entry.run, now), entry, { outcome: 'cancelled', error: REPLACED }, now)
}
