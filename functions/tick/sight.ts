import type { Job } from '../job/job.ts'
import { nextOf } from '../job/occurrences.ts'
import { parseJob } from '../job/parse.ts'
import type { Stored } from '../store/documents.ts'

/** The most jobs that one tick remembers. */
const MOST_JOBS = 1_000

/**
 * The jobs that a waiting tick has seen, and when each falls due next. While another tick holds a job, the due query
 * hides what comes after: a tick that remembered nothing would sleep through the first occurrence after the other ended.
 */
export class Sight {
  readonly #seen = new Map<string, { readonly job: Job; readonly next_at: number }>()

  /** Takes in what a look found at `now` (store's time, ms). */
  see(found: readonly Stored[], now: number): void {
    for (const stored of found) {
      const job = parseJob(stored)
      if (job.ok && (this.#seen.size < MOST_JOBS || this.#seen.has(job.value.name)))
        this.#keep(job.value, now)
    }
  }

  /** The first instant after `now` at which one of them falls due; infinite when none does. */
  nextAfter(now: number): number {
    const past = [...this.#seen.values()].filter(({ next_at }) => next_at <= now)
    for (const { job } of past) this.#keep(job, now)
    return Math.min(...Array.from(this.#seen.values(), ({ next_at }) => next_at))
  }

  #keep(job: Job, now: number): void {
    const next_at = nextOf(job, now)
    if (next_at === null) this.#seen.delete(job.name)
    else this.#seen.set(job.name, { job, next_at })
  }
}
