import { type Problem, TickoverError } from '../errors.ts'
import type { Definition } from '../job/definition.ts'
import { ONE_OFF_POLICIES } from '../job/policies.ts'
import { HANDLER } from '../job/target.ts'
import { LONGEST_PAYLOAD, type Registry } from '../target/registry.ts'
import { problemsOf } from './body.ts'
import type { OneOff } from './surface.ts'

/**
 * The definition of a one-off job. A type without a handler is taken, and fails when it runs: its handler may come with
 * the next deployment. Throws `invalid_payload` when the handler's schema refuses the payload, or it is over 64 KiB.
 */
export function oneOffDefinition(
  { job_type, schedule_at, payload }: OneOff,
  { handlers, policies }: Registry,
  defaults: { readonly name: string; readonly lane: string },
): Definition {
  const handler = handlers.get(job_type)
  const refused = handler?.payload.safeParse(payload).error
  if (refused) throw invalid(problemsOf(refused, 'payload'))
  const text = JSON.stringify(payload)
  if (Buffer.byteLength(text) > LONGEST_PAYLOAD) {
    throw invalid([{ field: 'payload', message: `is over ${LONGEST_PAYLOAD} bytes of JSON` }])
  }
  return {
    name: defaults.name,
    kind: 'one_off',
    display_name: defaults.name,
    description: handler?.description ?? '',
    job_type,
    target: HANDLER,
    lane: handler?.lane ?? defaults.lane,
    schedule: { kind: 'at', at: schedule_at },
    ends_at: null,
    payload: text,
    policies: policies.get(job_type) ?? ONE_OFF_POLICIES,
  }
}

function invalid(problems: readonly Problem[]): TickoverError {
  const list = problems.map(({ field, message }) => `${field}: ${message}`).join('; ')
  return new TickoverError('invalid_payload', `The payload cannot be used (${list}). Correct it.`, {
    problems,
  })
}
