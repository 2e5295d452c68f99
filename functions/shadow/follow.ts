import {
  closeAccounts,
  definitionOf,
  isDefinedAs,
  newJob,
  pause,
  redefine,
  unpause,
} from '../job/definition.ts'
import type { Job } from '../job/job.ts'
import type { Skip } from '../job/run.ts'

/** A shadow's job after it has followed the live one, with what that skipped. */
export interface Followed {
  readonly job: Job
  readonly skips: readonly Skip[]
  /** Only runs that fall due after this are compared, ms; null: as before. */
  readonly since: number | null
}

/**
 * A shadow's job at its beginning. One that was made while the shadow watched (`watching` since, ms) begins as the live
 * one did; any other goes on where the live one stands, and is compared once the live runs of now have ended.
 */
export function begin(live: Job, watching: number, now: number): Followed {
  const fresh = newJob(definitionOf(live), live.created_at)
  const state = { enabled: live.enabled, defined_at: live.defined_at, updated_at: now }
  if (live.created_at >= watching) return { job: { ...fresh, ...state }, skips: [], since: watching }
  const ends = live.entries.map(({ began_at }) => began_at + live.policies.timeout_seconds * 1000)
  const job = { ...fresh, ...state, next_run_at: live.next_run_at }
  return { job, skips: [], since: Math.max(now, ...ends) }
}

/**
 * The shadow's job after what was changed on the live one, at the instant of the change: what fell due before is judged
 * as it stood then. Null when nothing was changed since.
 */
export function follow(shadow: Job, live: Job): Followed | null {
  if (shadow.defined_at >= live.defined_at) return null
  const at = live.defined_at
  const woken = !shadow.enabled && live.enabled ? unpause(shadow, at) : { job: shadow, skips: [] }
  const told = isDefinedAs(woken.job, live) ? woken : takeOver(woken, live, at)
  const job = shadow.enabled && !live.enabled ? pause(told.job, at) : told.job
  return { job: { ...job, defined_at: at }, skips: told.skips, since: null }
}

function takeOver(before: { job: Job; skips: readonly Skip[] }, live: Job, at: number) {
  const closed = closeAccounts(before.job, at)
  return { job: redefine(closed.job, definitionOf(live), at), skips: [...before.skips, ...closed.skips] }
}
