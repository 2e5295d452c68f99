import type { Clock } from '../clock.ts'
import { hasPerformed, type Outcome } from '../job/outcome.ts'
import type { Held } from '../lease/held.ts'
import { renew } from '../lease/renew.ts'
import type { Standing } from '../target/effect.ts'
import type { Performing } from '../target/perform.ts'
import type { Claimant } from './claimant.ts'

/** What executing an attempt needs. */
export interface Executing extends Performing {
  readonly perform: Claimant['perform']
  readonly clock: Clock
  readonly lease_ms: number
  /** How long a handler may take to end once its signal is aborted, in ms. */
  readonly grace_ms: number
  /** Aborted when the process stops. */
  readonly stop: AbortSignal
}

/** What is to be performed, and how long it may take. */
export interface Assignment {
  readonly held: Held
  readonly payload: string
  readonly timeout_seconds: number
}

/** How an attempt ended for its holder. `lost`: the lease is gone. `left`: the process stops while the handler still acts. */
export type Ending =
  | Outcome
  | { readonly kind: 'lost'; readonly performed: boolean }
  | { readonly kind: 'left' }

/** How soon a renewal is tried again while the store is out of reach, in ms. */
const RENEW_AGAIN = 5_000

type Cause = 'timeout' | 'lost' | 'stop'

/** An attempt under way. */
interface Attempt {
  readonly standing: Standing
  /** Aborted once the handler's promise has ended, or nobody waits for it any more. */
  readonly over: AbortController
  readonly interrupted: Promise<void>
  interrupt(cause: Cause): void
  cause(): Cause | null
  renewed(until: number): void
}

/**
 * Makes one attempt: performs it under its timeout, renews its lease for as long as the handler's promise lives, and
 * tells the handler to end at the timeout, when the lease is lost and when the process stops. Never rejects.
 */
export async function execute(executing: Executing, assignment: Assignment): Promise<Ending> {
  const attempt = attemptOf(assignment.held)
  const onStop = () => attempt.interrupt('stop')
  executing.stop.addEventListener('abort', onStop)
  if (executing.stop.aborted) onStop()
  void keepLease(executing, attempt)
  void keepTime(executing, attempt, assignment.timeout_seconds)
  const performed = executing.perform(executing, attempt.standing, assignment.payload)
  const outcome = await Promise.race([performed, patience(executing, attempt)])
  attempt.over.abort()
  executing.stop.removeEventListener('abort', onStop)
  return endingOf(outcome, attempt.cause(), assignment.timeout_seconds)
}

function attemptOf(held: Held): Attempt {
  const control = new AbortController()
  const { promise: interrupted, resolve } = Promise.withResolvers<void>()
  let until = held.entry.until
  let cause: Cause | null = null
  return {
    standing: { held, signal: control.signal, until: () => until },
    over: new AbortController(),
    interrupted,
    interrupt(next) {
      if (cause === null || next === 'lost') cause = next
      control.abort(new Error(REASONS[next]))
      resolve()
    },
    cause: () => cause,
    renewed(next) {
      until = next
    },
  }
}

const REASONS: Record<Cause, string> = {
  timeout: 'The attempt has reached its timeout',
  lost: 'The lease of this attempt is lost',
  stop: 'The process stops',
}

/** Resolves when an interrupted handler has had its grace and has still not ended. */
async function patience({ clock, grace_ms }: Executing, attempt: Attempt): Promise<null> {
  await attempt.interrupted
  await clock.sleep(grace_ms, attempt.over.signal)
  return null
}

async function keepTime({ clock }: Executing, attempt: Attempt, seconds: number): Promise<void> {
  await clock.sleep(seconds * 1000, attempt.over.signal)
  if (!attempt.over.signal.aborted) attempt.interrupt('timeout')
}

async function keepLease(executing: Executing, attempt: Attempt): Promise<void> {
  const { clock, lease_ms, time, documents, copies } = executing
  const { held, until } = attempt.standing
  const over = attempt.over.signal
  let pause = lease_ms / 3
  while (true) {
    await clock.sleep(pause, over)
    if (over.aborted) return
    const next = time.now() + lease_ms
    const renewal = await renew(documents, held, next, copies)
    if (renewal === 'renewed') attempt.renewed(next)
    else if (renewal === 'lost' || time.now() >= until()) return attempt.interrupt('lost')
    pause = renewal === 'renewed' ? lease_ms / 3 : Math.min(RENEW_AGAIN, lease_ms / 10)
  }
}

/** `outcome` is null for a handler that did not end in time. What a handler achieved in spite of an interruption counts. */
function endingOf(outcome: Outcome | null, cause: Cause | null, timeoutSeconds: number): Ending {
  if (cause === 'lost') return { kind: 'lost', performed: outcome !== null && hasPerformed(outcome) }
  if (outcome === null && cause === 'stop') return { kind: 'left' }
  const timedOut = `The attempt took longer than its timeout of ${timeoutSeconds} s`
  if (outcome === null)
    return {
      kind: 'unresponsive',
      error: `unresponsive: ${timedOut} and did not end when told to`,
      items: null,
    }
  if (outcome.kind === 'succeeded' || outcome.kind === 'accepted' || cause === null) return outcome
  const { items, acts } = outcome
  const told = { items, ...(acts !== undefined && { acts }) }
  if (cause === 'stop') return { kind: 'cancelled', error: outcome.error, ...told }
  return { kind: 'retry', error: timedOut, after_seconds: null, ...told }
}
