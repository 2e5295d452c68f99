import type { Clock } from '../../functions/clock.ts'
import { reasonOf } from '../rollout/failure.ts'

/** What a look came to: what was seen, or why nothing was. */
export type Seen<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string }

const PATIENCE_MS = 60_000

/** Looks for a minute at most. A look that is refused, fails or takes longer is a reason; it never rejects. */
export async function look<T>(clock: Clock, work: () => Promise<T>): Promise<Seen<T>> {
  const over = new AbortController()
  const late = clock
    .sleep(PATIENCE_MS, over.signal)
    .then(() => ({ ok: false, reason: `no answer within ${PATIENCE_MS / 1000} s` }) as const)
  try {
    return await Promise.race([work().then((value) => ({ ok: true, value }) as const), late])
  } catch (error) {
    return { ok: false, reason: reasonOf(error) }
  } finally {
    over.abort()
  }
}

/** Goes on from what was seen; what was not stays unseen. */
export function derived<T, U>(seen: Seen<T>, next: (value: T) => U): Seen<U> {
  return seen.ok ? { ok: true, value: next(seen.value) } : seen
}

/** Both, or the reason for which one is missing. */
export function both<A, B>(a: Seen<A>, b: Seen<B>): Seen<readonly [A, B]> {
  if (!a.ok) return a
  return b.ok ? { ok: true, value: [a.value, b.value] } : b
}

/** The same record, with every promise in it kept. */
export async function resolved<T extends object>(record: T): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const entries = Object.entries(record).map(async ([name, value]) => [name, await value] as const)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same names, each with what it resolved to
  return Object.fromEntries(await Promise.all(entries)) as { [K in keyof T]: Awaited<T[K]> }
}
