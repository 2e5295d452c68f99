import pLimit from 'p-limit'
import { TickoverError } from '../errors.ts'
import { JobFailure } from './failure.ts'
import type { ItemCount } from './handler.ts'
import { describe } from './storable.ts'

/** How a batch is worked. */
export interface BatchOptions<T> {
  /** Items at once, 1 or more. */
  readonly concurrency: number
  /** What an item is called in the list of errors; left out: its place, from 0. */
  readonly name?: (item: T) => string
}

/** What became of a batch. */
export interface BatchResult {
  readonly processed: number
  readonly succeeded: number
  readonly failed: number
  /** The first 20. */
  readonly errors: readonly ItemError[]
}

/** An item that failed, and whether trying it again can help. */
export interface ItemError {
  readonly item: string
  readonly error: string
  readonly retryable: boolean
}

/**
 * Works the items of a run, some at once, and counts them in `ctx.items`. An item that throws has failed, and keeps no other
 * from being worked: the run succeeds with items that failed. It rejects with a `JobFailure` when all of them failed (to be tried
 * again if any of them may be), with `lost` when this attempt may not act any more, and with the signal's reason when items
 * were not begun because the run was told to end: another attempt works those.
 */
export type Each = <T>(
  items: readonly T[],
  work: (item: T) => Promise<unknown>,
  options: BatchOptions<T>,
) => Promise<BatchResult>

/** One that failed, with what it threw. */
interface Failed {
  readonly item: string
  readonly thrown: unknown
}

const MOST_ERRORS = 20
/** An item's error is one of many in a result of 16 KiB. */
const LONGEST_ERROR = 300
const LONGEST_NAME = 100

/** Works items, counting them in `counts`, until `signal` is aborted. */
export function eachOf(counts: ItemCount, signal: AbortSignal): Each {
  return async (items, work, { concurrency, name = null }) => {
    const failures: Failed[] = []
    let succeeded = 0
    const one = async (item: (typeof items)[number], index: number) => {
      if (signal.aborted) return
      try {
        await work(item)
        succeeded++
        counts.succeeded++
      } catch (thrown) {
        failures.push({ item: (name?.(item) ?? String(index)).slice(0, LONGEST_NAME), thrown })
        counts.failed++
      }
      counts.processed++
    }
    await pLimit(concurrency).map(items, one)
    const processed = succeeded + failures.length
    refuse(failures, { succeeded, left: items.length - processed, signal })
    const errors = failures.slice(0, MOST_ERRORS).map(told)
    return { processed, succeeded, failed: failures.length, errors }
  }
}

/** Throws what is the whole run's trouble and no single item's. */
function refuse(
  failures: readonly Failed[],
  { succeeded, left, signal }: { succeeded: number; left: number; signal: AbortSignal },
): void {
  const lost = failures.find(({ thrown }) => thrown instanceof TickoverError && thrown.code === 'lost')
  if (lost !== undefined) throw lost.thrown
  if (left > 0) signal.throwIfAborted()
  if (failures.length > 0 && succeeded === 0) throw allFailed(failures)
}

function told({ item, thrown }: Failed): ItemError {
  return { item, error: describe(thrown).slice(0, LONGEST_ERROR), retryable: isRetryable(thrown) }
}

function allFailed(failures: readonly Failed[]): JobFailure {
  const [first] = failures.map(told)
  const message = `All ${failures.length} items failed; the first, ${first?.item}: ${first?.error}`
  const waits = failures.map(({ thrown }) => (thrown instanceof JobFailure ? thrown.retryAfterSeconds : null))
  const longest = Math.max(0, ...waits.map((seconds) => seconds ?? 0))
  return new JobFailure(message, {
    retryable: failures.some(({ thrown }) => isRetryable(thrown)),
    ...(longest > 0 && { retryAfterSeconds: longest }),
  })
}

function isRetryable(thrown: unknown): boolean {
  return !(thrown instanceof JobFailure) || thrown.retryable
}
