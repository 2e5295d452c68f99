import type { Job } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Standing } from '../target/effect.ts'
import { intentOfRequest } from '../target/http.ts'
import { checkPayload, type MeetEffect, type Performing, perform } from '../target/perform.ts'
import { planQueue } from '../target/queue/plan.ts'
import { toText } from '../target/storable.ts'

/** What a run comes to whose handler is not called, or not to its end. */
const PLANNED = { kind: 'succeeded', result: null, items: null } as const satisfies Outcome

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
  const job = performing.copies.get(standing.held.job)?.fields
  if (job?.target.kind === 'http') return requested(job, standing, payload)
  if (job?.policies.shadow !== 'run')
    return checkPayload(performing, standing, payload) ?? planned(performing, standing)
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

/** A job over HTTP is always `plan`: what it would send is its intent. */
function requested(job: Job, { held }: Standing, payload: string): Outcome {
  const intents = intentOfRequest(job, held.run.fields, payload)
  return { ...PLANNED, acts: { intents, effect_failed: false, performed: 0 } }
}

/** For people: the items that a queue's run would take. They are no intents, since each path would take them at its own time. */
async function planned(performing: Performing, standing: Standing): Promise<Outcome> {
  const work = performing.handlers.get(standing.held.run.fields.job_type)?.work
  if (work?.kind !== 'queue') return PLANNED
  const plan = await planQueue(performing, standing, work.queue).catch(() => null)
  return { ...PLANNED, result: toText(plan) }
}

/** The attempt's signal tells of more than the end of the shadow's time: at its timeout a handler is waited for as ever. */
function cutOff(over: AbortSignal, { signal }: Standing): Promise<Outcome> {
  return new Promise((resolve) => {
    const cut = () => over.aborted && resolve(PLANNED)
    signal.addEventListener('abort', cut, { once: true })
  })
}
