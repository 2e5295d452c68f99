import { type Entry, entryOf, isFull, isHeld, isOwed, type Job } from './job.ts'

/** What a holder says of its own attempt; it counts only while its fence stands in the entry. */
export type HolderEvent =
  | { readonly kind: 'renew'; readonly until: number }
  | { readonly kind: 'succeed' }
  | { readonly kind: 'fail'; readonly error: string }
  | { readonly kind: 'retry'; readonly error: string; readonly at: number }
  | { readonly kind: 'give_back' }
  /** The target has taken it: whoever has the token with this hash says until then how it ended. */
  | { readonly kind: 'await'; readonly until: number; readonly token: string }
  | { readonly kind: 'abandon'; readonly error: string }

/** The third give-back of a run counts as an attempt: a job that never ends within a process's life is seen. */
const FREE_GIVE_BACKS = 2

/** Who begins an attempt, when (ms). */
export type Beginner = Pick<Entry, 'owner' | 'path'> & { readonly now: number }

/** A new run: an occurrence takes a slot. */
export function start(
  job: Job,
  run: string,
  scheduledFor: number,
  { owner, path, now }: Beginner,
  until: number,
): Job {
  const fence = job.fence + 1
  const entry: Entry = {
    run,
    state: 'running',
    fence,
    attempt: 1,
    owner,
    path,
    until,
    scheduled_for: scheduledFor,
    began_at: now,
    give_backs: 0,
    died: false,
    trouble: null,
    token: null,
  }
  return refill(withEntries({ ...job, fence }, [...job.entries, entry], now), now)
}

/** A run that is owed: it has a slot and no attempt yet, and is taken up at the next look like a retry. */
export function owe(job: Job, run: string, scheduledFor: number, now: number): Job {
  const entry: Entry = {
    run,
    state: 'retry',
    fence: job.fence,
    attempt: 0,
    owner: '',
    path: 'tick',
    until: now,
    scheduled_for: scheduledFor,
    began_at: now,
    give_backs: 0,
    died: false,
    trouble: null,
    token: null,
  }
  return withEntries(job, [...job.entries, entry], now)
}

/** A new attempt of a run whose retry is due. */
export function resume(job: Job, run: string, { owner, path, now }: Beginner, until: number): Job {
  const fence = job.fence + 1
  const held = (entry: Entry): Entry => ({
    ...entry,
    state: 'running',
    fence,
    attempt: entry.attempt + 1,
    owner,
    path,
    until,
    began_at: isOwed(entry) ? now : entry.began_at,
    trouble: null,
    token: null,
  })
  return refill({ ...job, fence, entries: change(job, run, held) }, now)
}

/**
 * The holder did not come back before `until`: its run is tried again, or has used up its attempts and leaves. Either
 * way its slot counts as free from `until` on.
 */
export function bury(job: Job, entry: Entry): Job {
  if (entry.attempt >= job.policies.max_attempts) return remove(job, entry.run, entry.until)
  const freed = isFull(job) ? Math.min(entry.until, job.full_until ?? entry.until) : job.full_until
  return {
    ...job,
    full_until: freed,
    entries: change(job, entry.run, (dead) => ({ ...waiting(dead, dead.until), died: isDeath(dead) })),
  }
}

/** Takes a run out of its slot. `now` is when the slot became free. */
export function remove(job: Job, run: string, now: number): Job {
  return withEntries(
    job,
    job.entries.filter((entry) => entry.run !== run),
    now,
  )
}

/** What a holder's word makes of the job; null when the holder has lost. */
export function hear(job: Job, run: string, fence: number, event: HolderEvent, now: number): Job | null {
  const entry = entryOf(job, run)
  if (entry === undefined || !isHeld(entry) || entry.fence !== fence) return null
  switch (event.kind) {
    case 'succeed':
    case 'fail':
      return remove(job, run, now)
    case 'renew':
      return { ...job, entries: change(job, run, (held) => ({ ...held, until: event.until })) }
    case 'retry':
      return { ...job, entries: change(job, run, (held) => waiting(held, event.at)) }
    case 'await':
      return { ...job, entries: change(job, run, (held) => awaited(held, event)) }
    case 'give_back':
      return { ...job, entries: change(job, run, (held) => givenBack(held, now)) }
    case 'abandon':
      return { ...job, entries: change(job, run, (held) => ({ ...held, trouble: event.error })) }
  }
}

/** Does giving this entry back use up its last attempt? */
export function isSpentByGiveBack(entry: Entry, maxAttempts: number): boolean {
  return entry.give_backs >= FREE_GIVE_BACKS && entry.attempt >= maxAttempts
}

function waiting(entry: Entry, until: number): Entry {
  return { ...entry, state: 'retry', until, died: false, token: null }
}

/** What a target took and did not complete has ended no process of ours. */
function isDeath({ state }: Entry): boolean {
  return state === 'running'
}

function awaited(entry: Entry, { until, token }: { until: number; token: string }): Entry {
  return { ...entry, state: 'callback', until, token }
}

function givenBack(entry: Entry, now: number): Entry {
  const counts = entry.give_backs >= FREE_GIVE_BACKS
  return {
    ...entry,
    state: 'retry',
    until: now,
    died: false,
    attempt: counts ? entry.attempt : entry.attempt - 1,
    give_backs: counts ? 0 : entry.give_backs + 1,
  }
}

function withEntries(job: Job, entries: readonly Entry[], now: number): Job {
  return refit({ ...job, entries }, job, now)
}

/** Keeps the last stretch in which no slot was free: it begins when the last slot is taken and ends when one is free. */
export function refit(next: Job, job: Job, now: number): Job {
  if (isFull(next) && !isFull(job)) return { ...next, full_since: now, full_until: null }
  if (!isFull(next) && isFull(job)) return { ...next, full_until: Math.min(now, job.full_until ?? now) }
  return next
}

/** A stretch that a dead holder had ended begins anew when its slot is taken again. */
function refill(job: Job, now: number): Job {
  return isFull(job) && job.full_until !== null ? { ...job, full_since: now, full_until: null } : job
}

function change(job: Job, run: string, to: (entry: Entry) => Entry): Entry[] {
  return job.entries.map((entry) => (entry.run === run ? to(entry) : entry))
}
