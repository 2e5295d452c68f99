import type { Outcome } from '../job/outcome.ts'
import type { Standing } from '../target/effect.ts'
import { checkPayload, type MeetEffect, type Performing, perform } from '../target/perform.ts'

/** What a run comes to whose handler is not called. */
const PLANNED: Outcome = { kind: 'succeeded', result: null, items: null }

/**
 * An attempt in shadow: it has no effect. A job of mode `plan` is only found to be one that could be performed; a job of
 * mode `run` is performed with every effect answered by its `shadow`. A handler that has none for an effect ends
 * there, and is `plan`. Never rejects.
 */
export async function rehearse(
  performing: Performing,
  standing: Standing,
  payload: string,
): Promise<Outcome> {
  const mode = performing.copies.get(standing.held.job)?.fields.policies.shadow
  if (mode !== 'run') return checkPayload(performing, standing, payload) ?? PLANNED
  let isAnswered = true
  const effect: MeetEffect = async (_recording, _standing, key, _perform, options) => {
    if ('shadow' in options) return options.shadow
    isAnswered = false
    throw new Error(`The effect ${key} has no answer for a run in shadow`)
  }
  const outcome = await perform({ ...performing, effect }, standing, payload)
  return isAnswered ? outcome : PLANNED
}
