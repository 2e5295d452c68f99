/** A job as a service registers it at each start. */
export interface Registration {
  readonly name: string
  readonly displayName: string
  readonly description: string
  readonly cronExpression: string
  readonly enabled: boolean
  readonly jobType: 'email' | 'cleanup'
  readonly service: string
  /** A path on the service's base URL. */
  readonly endpoint: string
  readonly config: Readonly<Record<string, number | boolean>>
}

/** What a service does when one of its jobs is due. */
export interface ServiceJob {
  readonly registration: Registration
  /** How many items there are to work through. */
  readonly items: number
  /** Null: it answers when it is done; else it answers 202 at once, and is done after so many ms. */
  readonly done_after_ms: number | null
}

/** The email and user services of a team, which were written for another scheduler. */
export const SERVICE_JOBS: readonly ServiceJob[] = [
  {
    registration: {
      name: 'weekly-digest',
      displayName: 'Weekly digest',
      description: 'Sends everybody what happened in the week',
      cronExpression: '0 9 * * 1',
      enabled: true,
      jobType: 'email',
      service: 'email-service',
      endpoint: '/api/jobs/weekly-digest',
      config: { batchSize: 100, maxEmails: 10_000 },
    },
    items: 240,
    done_after_ms: null,
  },
  {
    registration: {
      name: 're-engagement',
      displayName: 'Re-engagement',
      description: 'Writes to those who have not been here for a week',
      cronExpression: '0 10 * * *',
      enabled: true,
      jobType: 'email',
      service: 'email-service',
      endpoint: '/api/jobs/re-engagement',
      config: { daysInactive: 7, batchSize: 50, maxEmails: 500 },
    },
    items: 36,
    done_after_ms: null,
  },
  {
    registration: {
      name: 'queue-cleanup',
      displayName: 'Queue cleanup',
      description: 'Deletes what was sent more than a month ago',
      cronExpression: '0 2 * * *',
      enabled: true,
      jobType: 'cleanup',
      service: 'email-service',
      endpoint: '/api/jobs/queue-cleanup',
      config: { retentionDays: 30 },
    },
    items: 1_200,
    done_after_ms: null,
  },
  {
    registration: {
      name: 'deletion-cleanup',
      displayName: 'Deletion cleanup',
      description: 'Deletes the accounts whose owners asked for it',
      cronExpression: '0 2 * * *',
      enabled: true,
      jobType: 'cleanup',
      service: 'user-service',
      endpoint: '/api/jobs/process-deletions',
      config: { gracePeriodDays: 30, batchSize: 100, sendReminders: true },
    },
    items: 12,
    done_after_ms: 3_000,
  },
]

/** The services that have them. */
export const SERVICES: readonly string[] = [
  ...new Set(SERVICE_JOBS.map(({ registration }) => registration.service)),
]
