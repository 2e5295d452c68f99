import { isDeepStrictEqual } from 'node:util'
import type { Schedule } from '../schedule/schedule.ts'
import { type Definition, definitionOf, redefine } from './definition.ts'
import { type Job, NO_OVERRIDES, type Override, type Overrides } from './job.ts'

/** Who chooses, when (ms), and why. */
export type Choice = Pick<Override<unknown>, 'by' | 'at' | 'reason'>

/** What the code or a service says of a job: its definition, and whether it is enabled; null: not its business. */
export interface Registration {
  readonly definition: Definition
  readonly enabled: boolean | null
}

/** What was registered last, whatever an operator has chosen since. */
export function registrationOf(job: Job): Registration & { readonly enabled: boolean } {
  const { enabled, schedule } = job.overrides
  const definition = definitionOf(job)
  return {
    definition: schedule === null ? definition : { ...definition, schedule: schedule.registered },
    enabled: enabled?.registered ?? job.enabled,
  }
}

/** Does the job already stand as registered? */
export function isRegisteredAs(job: Job, { definition, enabled }: Registration): boolean {
  const last = registrationOf(job)
  return isDeepStrictEqual(last, { definition: definitionOf(definition), enabled: enabled ?? last.enabled })
}

/** The job under another registration: an operator's choices stay, and what is registered now is where they lead back. */
export function reregister(job: Job, { definition, enabled }: Registration, now: number): Job {
  const { overrides } = job
  const last = registrationOf(job)
  const kept: Overrides = {
    enabled: overrides.enabled && { ...overrides.enabled, registered: enabled ?? last.enabled },
    schedule: overrides.schedule && { ...overrides.schedule, registered: definition.schedule },
  }
  const effective = overrides.schedule === null ? definition : { ...definition, schedule: job.schedule }
  const isEnabled = overrides.enabled === null ? (enabled ?? last.enabled) : job.enabled
  return stand({ ...job, overrides: kept }, effective, isEnabled, now)
}

/**
 * The job enabled or not, by an operator's choice; one that leads back to what is registered leaves no override. The very
 * same job where that is how it stands.
 */
export function chooseEnabled(job: Job, enabled: boolean, choice: Choice): Job {
  const { enabled: registered } = registrationOf(job)
  const override = enabled === registered ? null : { registered, ...choice }
  if (job.enabled === enabled && isLike(job.overrides.enabled, override)) return job
  return stand({ ...job, overrides: { ...job.overrides, enabled: override } }, job, enabled, choice.at)
}

/** The job under another schedule, by an operator's choice, in the same way. */
export function chooseSchedule(job: Job, schedule: Schedule, choice: Choice): Job {
  const registered = registrationOf(job).definition.schedule
  const override = isDeepStrictEqual(schedule, registered) ? null : { registered, ...choice }
  if (isDeepStrictEqual(job.schedule, schedule) && isLike(job.overrides.schedule, override)) return job
  const next = { ...job, overrides: { ...job.overrides, schedule: override } }
  return stand(next, { ...definitionOf(job), schedule }, job.enabled, choice.at)
}

/** The job as it was registered last; the very same where nobody has chosen otherwise. */
export function reset(job: Job, now: number): Job {
  if (isDeepStrictEqual(job.overrides, NO_OVERRIDES)) return job
  const { definition, enabled } = registrationOf(job)
  return stand({ ...job, overrides: NO_OVERRIDES }, definition, enabled, now)
}

/** Is there a choice in both, or in neither? Who has chosen the same before is left on the record. */
function isLike(was: Override<unknown> | null, is: Override<unknown> | null): boolean {
  return (was === null) === (is === null)
}

/** Where nothing of how it stands is another, `defined_at` stays, if it was known: nothing falls due otherwise than before. */
function stand(job: Job, definition: Definition, enabled: boolean, now: number): Job {
  const isSame = job.enabled === enabled && isDeepStrictEqual(definitionOf(job), definitionOf(definition))
  if (isSame && job.defined_at > 0) return job
  return redefine({ ...job, enabled }, definitionOf(definition), now)
}
