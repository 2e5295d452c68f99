import { TickoverError } from '../../errors.ts'
import type { Job } from '../../job/job.ts'
import { parentOf } from '../../job/name.ts'
import type { Run } from '../../job/run.ts'
import { jsonOrNull } from '../../json.ts'

/** What a target is sent. Receivers validate it strictly: there is no other field, and no field is null. */
export interface RequestBody {
  readonly jobName: string
  readonly config: object
  readonly executionId: string
  readonly triggeredBy: 'scheduler' | 'manual'
  readonly triggeredByUser?: string
}

/** What a run says of itself to its target. */
export type Asking = Pick<Run, 'id' | 'triggered_by' | 'triggered_by_user'>

/** The body for one run; throws `invalid_payload` when the payload (JSON text) is no object. */
export function bodyOf({ name }: Pick<Job, 'name'>, run: Asking, payload: string): RequestBody {
  const config = jsonOrNull(payload)
  if (typeof config !== 'object' || config === null || Array.isArray(config))
    throw new TickoverError(
      'invalid_payload',
      'The config of a job over HTTP is a JSON object. Register one.',
    )
  return {
    jobName: parentOf(name),
    config,
    executionId: run.id,
    triggeredBy: run.triggered_by === 'scheduler' ? 'scheduler' : 'manual',
    ...(run.triggered_by_user !== null && { triggeredByUser: run.triggered_by_user }),
  }
}
