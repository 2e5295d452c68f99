import { LRUCache } from 'lru-cache'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import { JobFailure } from './failure.ts'

/** So many calls (`points`) in so many seconds. */
export interface Rate {
  readonly points: number
  /** At most a day. */
  readonly seconds: number
}

/** Keeps those who call a place with a rate of its own from calling it too often; the count is this process's own. */
export interface Limits {
  /**
   * Resolves when one more call under this key keeps its rate, at once or within 30 s; counts it. Rejects with a
   * `JobFailure` that may be tried again, and says when, if that would take longer, and with the signal's reason.
   */
  take(key: string, rate: Rate, signal: AbortSignal): Promise<void>
}

/** How long a call waits for its turn, in ms: longer, and its run had better come again. */
const PATIENCE_MS = 30_000
/** Rates that one process tells apart; the one that was used least recently begins anew. */
const MOST_RATES = 100
const MOST_SECONDS = 86_400

/** No call has been counted yet. The library reckons by the machine's time; `clock` is what is slept by. */
export function createLimits(clock: Clock): Limits {
  const limiters = new LRUCache<string, RateLimiterMemory>({ max: MOST_RATES })
  const limiterOf = (rate: Rate) => {
    const name = `${rate.points}/${rate.seconds}`
    const limiter = limiters.get(name) ?? create(rate)
    limiters.set(name, limiter)
    return limiter
  }
  return {
    async take(key, rate, signal) {
      const limiter = limiterOf(rate)
      let patience = PATIENCE_MS
      for (;;) {
        signal.throwIfAborted()
        const wait = await waitFor(limiter, key)
        if (wait === 0) return
        if (wait > patience) throw tooMany(key, rate, wait)
        patience -= wait
        await clock.sleep(wait, signal)
      }
    },
  }
}

function create({ points, seconds }: Rate): RateLimiterMemory {
  const isWhole = Number.isInteger(points) && points >= 1
  if (isWhole && seconds > 0 && seconds <= MOST_SECONDS)
    return new RateLimiterMemory({ points, duration: seconds })
  throw new TickoverError(
    'bad_request',
    `A limit is a whole number of points, 1 or more, in up to ${MOST_SECONDS} seconds.`,
  )
}

/** 0 when the call was counted, else for how many milliseconds the rate is used up. */
async function waitFor(limiter: RateLimiterMemory, key: string): Promise<number> {
  try {
    await limiter.consume(key)
    return 0
  } catch (refused) {
    if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext)
    throw refused
  }
}

function tooMany(key: string, { points, seconds }: Rate, wait: number): JobFailure {
  const message = `The limit of ${points} in ${seconds} s is used up for ${key}`
  return new JobFailure(message, { retryAfterSeconds: Math.ceil(wait / 1000) })
}
