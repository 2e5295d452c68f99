import type { Clock } from '../../../functions/clock.ts'
import type { ClockSeen } from '../facts.ts'

const PATIENCE_MS = 10_000

/** What the clock of a web server says: the date of its answer, whatever it answers. Rejects without one. */
export async function clockAt(url: string, clock: Clock): Promise<ClockSeen> {
  const asked_at = clock.now()
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const answer = await fetch(url, { method: 'HEAD', signal, redirect: 'manual' })
  const answered_at = clock.now()
  const said = Date.parse(answer.headers.get('date') ?? '')
  if (Number.isNaN(said)) throw new Error(`${url} answers without a date`)
  return { said, asked_at, answered_at }
}
