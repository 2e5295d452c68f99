import type { protos } from '@google-cloud/scheduler'

type WireJob = protos.google.cloud.scheduler.v1.IJob

/** An HTTP method by the API's name for it. */
export type HttpMethod = Extract<NonNullable<NonNullable<WireJob['httpTarget']>['httpMethod']>, string>

/** A job's state by the API's name for it. */
export type JobState = Extract<NonNullable<WireJob['state']>, string>

/** One Cloud Scheduler job, flat, so that two can be compared field by field. */
export interface Spec {
  /** The job's id within its location. */
  readonly id: string
  readonly description: string
  readonly schedule: string
  readonly time_zone: string
  readonly uri: string
  readonly method: HttpMethod
  /** By canonical name; without those that the service adds by itself. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly service_account: string
  readonly audience: string
  readonly attempt_deadline_seconds: number
  readonly retry_count: number
  /** 0: no limit in time. */
  readonly max_retry_seconds: number
  readonly min_backoff_seconds: number
  readonly max_backoff_seconds: number
  readonly max_doublings: number
}

/** A job as found; instants in milliseconds since 1970. */
export interface Existing {
  readonly spec: Spec
  readonly state: JobState
  readonly schedule_at: number | null
  readonly last_attempt_at: number | null
  /** google.rpc.Code of the last attempt: 0 succeeded, null none yet. */
  readonly last_code: number | null
}

const PREFIX = 'tickover-'
const MARK = 'Tickover: '

/** The id of a lane's job. */
export function jobIdOf(lane: string, suffix: '' | '-even' | '-odd'): string {
  return `${PREFIX}${lane}${suffix}`
}

/** The description that marks a job as made here. */
export function describe(text: string): string {
  return `${MARK}${text}`
}

/** Was this job made here? Only such jobs are ever touched. */
export function isOurs({ spec }: Existing): boolean {
  return spec.id.startsWith(PREFIX) && spec.description.startsWith(MARK)
}
