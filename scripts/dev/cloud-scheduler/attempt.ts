import { Temporal } from 'temporal-polyfill'
import type { Clock } from '../../../functions/clock.ts'
import type { Issuer } from '../issuer.ts'
import { type Definition, jobId } from './job.ts'
import { answered, type Outcome, unanswered } from './outcome.ts'
import { post } from './post.ts'

/** What an attempt needs of its surroundings; `stop` drops what is outstanding. */
export interface AttemptOptions {
  readonly clock: Clock
  readonly issuer: Pick<Issuer, 'mint'>
  readonly stop: AbortSignal
}

/** Posts a job once, with a fresh token, under its deadline. Never rejects. `schedule_at` in milliseconds since 1970. */
export async function attempt(
  definition: Definition,
  schedule_at: number,
  { clock, issuer, stop }: AttemptOptions,
): Promise<Outcome> {
  const deadline = new AbortController()
  const ended = new AbortController()
  void clock.sleep(definition.attempt_deadline_ms, ended.signal).then(() => {
    if (!ended.signal.aborted) deadline.abort()
  })
  try {
    const headers = await headersFor(definition, schedule_at, issuer)
    return answered(await post(definition.target, headers, AbortSignal.any([deadline.signal, stop])))
  } catch (error) {
    return unanswered(deadline.signal.aborted, error)
  } finally {
    ended.abort()
  }
}

async function headersFor(
  definition: Definition,
  schedule_at: number,
  issuer: Pick<Issuer, 'mint'>,
): Promise<Record<string, string>> {
  const { target } = definition
  return {
    ...target.headers,
    'X-CloudScheduler': 'true',
    'X-CloudScheduler-JobName': jobId(definition.name),
    'X-CloudScheduler-ScheduleTime': inZone(schedule_at, definition.time_zone),
    ...(target.oidc === null
      ? {}
      : { Authorization: `Bearer ${await issuer.mint(claims(target.oidc, target.uri))}` }),
  }
}

function claims(oidc: { email: string; audience: string }, uri: string): { email: string; audience: string } {
  return { email: oidc.email, audience: oidc.audience || uri }
}

/** RFC 3339 with the offset of the job's zone. */
function inZone(instant: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(instant).toString({ timeZone, smallestUnit: 'second' })
}
