import { occurrences } from '../schedule/schedule.ts'
import { definitionOf, newJob } from './definition.ts'
import type { Job } from './job.ts'
import { backfillName } from './name.ts'
import { ownOffset } from './occurrences.ts'

/** The most occurrences of one backfill. */
export const MOST_BACKFILLED = 1_000

/** A range of the past, both ends included, in ms. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** A backfill, and how many occurrences it will run; more than `MOST_BACKFILLED` are not counted on. */
export interface Backfill {
  readonly job: Job
  readonly count: number
}

/** A job that runs the occurrences of another in a range once more, each, in order, one at a time, and ends by itself. */
export function backfillOf(parent: Job, { from, to }: Range, id: string, now: number): Backfill {
  const listed = occurrences(parent.schedule, from, to, MOST_BACKFILLED + 1, ownOffset(parent))
  const definition = {
    ...definitionOf(parent),
    name: backfillName(parent.name, id),
    kind: 'backfill',
    ends_at: to,
    policies: {
      ...parent.policies,
      max_instances: 1,
      overlap: 'queue',
      misfire: 'all',
      catchup_limit: MOST_BACKFILLED,
      catchup_window_seconds: null,
    },
  } as const
  return { job: { ...newJob(definition, now), next_run_at: listed[0] ?? null }, count: listed.length }
}
