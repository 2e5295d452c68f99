import type { Outcome } from '../job/outcome.ts'
import type { Standing } from '../target/effect.ts'
import { checkPayload, type MeetEffect, type Performing, perform } from '../target/perform.ts'

/** What a run comes to whose handler is not called, or not to its end. */
const PLANNED: Outcome = { kind: 'succeeded', result: null, items: null }

/**
 * An attempt in shadow: it has no effect. A job of mode `plan` is only found to be one that could be performed; a job of
 * mode `run` is performed with every effect answered by its `shadow`. A handler that has none for an effect ends
 * there, and is `plan`; so is one that still runs when the shadow's time is `over`. Never rejects.
 */
export async function rehearse(
  over: AbortSignal,
  performing: Performing,
  standing: Standing,
  payload: string,
): Promise<Outcome> {
  const mode = performing.copies.get(standing.held.job)?.fields.policies.shadow
  if (mode !== 'run') return checkPayload(performing, standing, payload) ?? PLANNED
  if (over.aborted) return PLANNED
  let isAnswered = true
  const effect: MeetEffect = async (_recording, _standing, key, _perform, options) => {
    if ('shadow' in options) return options.shadow
    isAnswered = false
    throw new Error(`The effect ${key} has no answer for a run in shadow`)
  }
  const performed = perform({ ...performing, effect }, standing, payload)
  const outcome = await Promise.race([performed, cutOff(over, standing)])
  return isAnswered ? outcome : PLANNED
}

/** The attempt's signal tells of more than the end of the shadow's time: at its timeout a handler is waited for as ever. */
function cutOff(over: AbortSignal, { signal }: Standing): Promise<Outcome> {
  return new Promise((resolve) => {
    const cut = () => over.aborted && resolve(PLANNED)
    signal.addEventListener('abort', cut, { once: true })
  })
}
