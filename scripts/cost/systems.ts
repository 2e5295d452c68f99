import { laneList } from '../../functions/config/lanes.ts'
import { DEFAULT_POLICIES } from '../../functions/job/policies.ts'
import { parseSchedule, type ScheduleInput } from '../../functions/schedule/schedule.ts'
import type { JobSet, Terms, Workload } from './job-set.ts'

/** How long a run takes where nobody knows, in seconds. */
export const UNKNOWN_SECONDS = 0.1

/** A system that moves here: its jobs as they run today, the lanes that they need here, and its own bill. */
export interface System {
  readonly jobs: JobSet
  readonly terms: Pick<Terms, 'lanes' | 'cadence' | 'time_zone'>
  /** What it said that it cost; null: it gave no figure. */
  readonly own: string | null
}

/** The five systems, by name. */
export const SYSTEMS: Readonly<Record<string, System>> = {
  transit: {
    terms: on('high:dwell,low'),
    own: '$20.72, then $31.09 a month on ECS (+$10.37: one worker, then two)',
    jobs: {
      name: 'transit, a city\u2019s buses',
      jobs: [
        job('score-tick', { every_seconds: 30 }, { lane: 'high', effects: 1 }),
        job('arrival-logging', '*/2 * * * *', { lane: 'high', seconds: 600, effects: 100 }),
        job('route-broadcast', { every_seconds: 5 }, { lane: 'high', effects: 1 }),
        job('weather-collection', '0 * * * *', { lane: 'low', seconds: 3 }),
        job('performance-aggregation', '0 1 * * *', { lane: 'low', effects: 1 }),
        job('bunching-detection', '0 1 * * *', { lane: 'low', effects: 1 }),
        job('insight-cache-warming', '0 2 * * *', { lane: 'low' }),
      ],
      assumed: [
        'arrival-logging: 10 minutes (of 10 to 15) with an arrival every 6 s, each an effect',
        'the jobs without a figure take 0.1 s',
      ],
    },
  },
  agent: {
    terms: on('default', 'America/New_York'),
    own: null,
    jobs: {
      name: 'agent, a chat agent',
      jobs: [job('heartbeat', '*/30 * * * *', { effects: 1 })],
      assumed: ['its runs take 0.1 s', 'no one-off jobs: how many there are is not known (--one-offs N)'],
    },
  },
  posts: {
    terms: on('default'),
    own: null,
    jobs: {
      name: 'posts, planned posts of many teams',
      jobs: [job('publish-due-posts', '*/5 * * * *', { seconds: 4, effects: 20 })],
      assumed: [
        'each run finds a full batch of 20 posts, 5 at once at 1 s each (it was 0.5 to 1 s), each an effect',
      ],
    },
  },
  queues: {
    terms: on('default'),
    own: null,
    jobs: {
      name: 'queues, a web directory',
      jobs: [
        job('process-pending-domains', { every_seconds: 60 }, { ...queue(10), max_instances: 3 }),
        job('deep-scan-queue', { every_seconds: 300 }, { ...queue(10), seconds: 17.5 }),
        job('domain-extraction-queue', { every_seconds: 120 }, { ...queue(20), seconds: 7.5 }),
        job('domain-sitemap-submission', { every_seconds: 60 }, queue(2)),
        job('sitemap-import', { every_seconds: 60 }, queue(4)),
        job('page-curation', { every_seconds: 60 }, queue(2)),
      ],
      assumed: [
        'about 30 items a minute in all, as its guide has it: full batches of deep scans and extractions, the rest by batch size',
        'each item is one effect; runs without a figure take 0.1 s',
      ],
    },
  },
  services: {
    terms: on('default'),
    own: null,
    jobs: {
      name: 'services, e-mail and users',
      jobs: [
        job('weekly-digest', '0 9 * * 1', { kind: 'http' }),
        job('re-engagement', '0 10 * * *', { kind: 'http' }),
        job('queue-cleanup', '0 2 * * *', { kind: 'http' }),
        job('deletion-cleanup', '0 2 * * *', { kind: 'http' }),
      ],
      assumed: ['a call takes 0.1 s: how long it does is not known'],
    },
  },
}

function on(lanes: string, time_zone = 'UTC'): System['terms'] {
  return { lanes: laneList.parse(lanes), cadence: '* * * * *', time_zone }
}

type Facts = Partial<Pick<Workload, 'lane' | 'kind' | 'seconds' | 'effects' | 'items'>> & {
  readonly max_instances?: number
}

function queue(items: number): Facts {
  return { kind: 'queue', items, effects: 1 }
}

function job(name: string, schedule: ScheduleInput, { max_instances = 1, ...facts }: Facts): Workload {
  return {
    name,
    lane: 'default',
    schedule: parseSchedule(schedule, { time_zone: 'UTC', anchor_at: 0 }),
    policies: { ...DEFAULT_POLICIES, max_instances },
    kind: 'handler',
    seconds: UNKNOWN_SECONDS,
    effects: 0,
    items: 0,
    ...facts,
  }
}
