import type { z } from 'zod'
import type { Route } from '../auth/policy.ts'
import type { Code } from '../errors.ts'
import type { Answer, Body } from './contract/components.ts'
import { healthQuery } from './health.ts'
import { auditQuery, historyQuery, previewQuery, statsQuery } from './history.ts'
import { listingQuery } from './jobs.ts'
import { asking } from './ownership.ts'
import { asked as performanceQuery } from './performance.ts'
import { asked as rolloutQuery } from './rollout.ts'
import { query as shadowQuery } from './shadow.ts'
import { tickRequest } from './tick.ts'
import { query as timelineQuery } from './timeline.ts'

/** One route as clients are told of it. */
export interface Operation {
  readonly summary: string
  /** What is read of the address after `?`. */
  readonly query?: z.ZodObject
  /** Headers that it reads, beside credentials, and what they are for. */
  readonly headers?: Readonly<Record<string, string>>
  /** The body in JSON; all of them may be left out that have no field that must be there. */
  readonly body?: Body
  /** By status: the answer in JSON, or the media type of one that is not. */
  readonly answers: Readonly<Partial<Record<200 | 201 | 202, Answer | { readonly media: string }>>>
  /** The codes of its own refusals; those that go with credentials, a body or a query are not repeated. */
  readonly refusals: readonly Code[]
}

const STORE = ['store_unreachable'] as const
const OF_JOB = ['not_found', 'storage_damaged', ...STORE] as const
const RUN_TOKEN = ['lost', ...STORE] as const
const CLAIM = ['paused', 'already_running', 'already_done', 'not_owner', 'storage_damaged', ...STORE] as const
const RUN = ['already_running', 'not_owner', 'stopping', 'clock_skew'] as const
const PAGE = { media: 'text/html' } as const

/** Every route, as it is checked and as it answers. A route of the policy that is not here does not compile. */
export const CONTRACT: Readonly<Record<Route, Operation>> = {
  'GET /health': {
    summary:
      'Whether the store answers; viewers also see the stage and what waits, and may have it refused when too much does',
    query: healthQuery,
    answers: { 200: 'Health' },
    refusals: ['jobs_overdue', ...STORE],
  },
  'POST /cron/tick': {
    summary: 'Runs what is due in a lane; 200 also when jobs failed',
    query: tickRequest,
    body: 'Tick',
    answers: { 200: 'TickReport' },
    refusals: ['unknown_lane', ...STORE],
  },
  'POST /api/jobs/register': {
    summary:
      'Makes a service’s job known; the same again changes nothing, and no operator’s choice is undone',
    body: 'Registration',
    answers: { 200: 'Registered' },
    refusals: ['storage_damaged', 'invalid_schedule', 'not_your_job', ...STORE],
  },
  'POST /api/jobs': {
    summary: 'Makes a one-off job',
    body: 'OneOff',
    answers: { 201: 'OneOffMade' },
    refusals: ['invalid_payload', 'not_your_job', ...STORE],
  },
  'GET /api/jobs': {
    summary: 'Lists jobs by name',
    query: listingQuery,
    answers: { 200: 'Jobs' },
    refusals: STORE,
  },
  'GET /api/jobs/:name': {
    summary: 'Shows a job: definition, state, lease and figures',
    answers: { 200: 'AnyJob' },
    refusals: ['not_found', ...STORE],
  },
  'GET /api/jobs/:name/history': {
    summary: 'Lists the runs of a job, the newest first',
    query: historyQuery,
    answers: { 200: 'History' },
    refusals: OF_JOB,
  },
  'GET /api/jobs/:name/stats': {
    summary: 'Sums up the runs of a job over some days',
    query: statsQuery,
    answers: { 200: 'Stats' },
    refusals: OF_JOB,
  },
  'GET /api/jobs/:name/preview': {
    summary: 'Shows the next occurrences of a job, or of another schedule for it, and the next clock changes',
    query: previewQuery,
    answers: { 200: 'Preview' },
    refusals: ['invalid_schedule', ...OF_JOB],
  },
  'GET /api/jobs/:name/audit': {
    summary: 'Tells who changed a job, the newest first',
    query: auditQuery,
    answers: { 200: 'Audit' },
    refusals: ['not_found', ...STORE],
  },
  'POST /api/jobs/:name/trigger': {
    summary:
      'Runs a job now and waits for the end of its first attempt, also by the later word of its target, for 240 s at most',
    body: 'Action',
    answers: { 200: 'RunResult', 202: 'RunGoesOn' },
    refusals: [...RUN, ...OF_JOB],
  },
  'POST /api/jobs/:name/enable': {
    summary: 'Ends the pause of a job',
    body: 'Change',
    answers: { 200: 'Done' },
    refusals: ['changed_meanwhile', ...OF_JOB],
  },
  'POST /api/jobs/:name/disable': {
    summary: 'Pauses a job: what runs ends, nothing begins',
    body: 'Change',
    answers: { 200: 'Done' },
    refusals: ['changed_meanwhile', ...OF_JOB],
  },
  'POST /api/jobs/:name/reset': {
    summary: 'Takes back what operators chose: the job stands as it is registered',
    body: 'Change',
    answers: { 200: 'Done' },
    refusals: ['changed_meanwhile', ...OF_JOB],
  },
  'PUT /api/jobs/:name/cron': {
    summary: 'Gives a job another schedule, which outlives its registrations',
    body: 'CronChange',
    answers: { 200: 'CronChanged' },
    refusals: ['invalid_schedule', 'changed_meanwhile', ...OF_JOB],
  },
  'POST /api/jobs/:name/release': {
    summary: 'Takes the runs of a job from their holders, and cancels those that wait for another attempt',
    body: 'Release',
    answers: { 200: 'Released' },
    refusals: OF_JOB,
  },
  'POST /api/jobs/:name/backfill': {
    summary: 'Runs the occurrences of a range of the past once more',
    body: 'Backfill',
    answers: { 201: 'Backfilled' },
    refusals: ['not_owner', ...OF_JOB],
  },
  'DELETE /api/jobs/:name': {
    summary: 'Deletes a job that nobody holds; the records of its runs stay',
    body: 'Action',
    answers: { 200: 'Done' },
    refusals: ['not_found', 'already_running', 'still_defined', ...STORE],
  },
  'GET /api/timeline': {
    summary: 'Shows what ran, was skipped and is missing in a lane’s window',
    query: timelineQuery,
    answers: { 200: 'Timeline' },
    refusals: ['unknown_lane', ...STORE],
  },
  'GET /api/performance': {
    summary: 'Sums up ticks and runs, both paths side by side; figures of the cache are the instance’s',
    query: performanceQuery,
    answers: { 200: 'Performance' },
    refusals: ['not_found', ...STORE],
  },
  'POST /api/performance': {
    summary: 'Deletes old ticks, or forgets what the cache of this instance holds',
    body: 'Cleaning',
    answers: { 200: 'Cleaned' },
    refusals: ['not_found', ...STORE],
  },
  'POST /api/runs/:id/complete': {
    summary: 'Says how a run ended whose call was answered with 202',
    body: 'Completion',
    answers: { 200: 'Completed' },
    refusals: RUN_TOKEN,
  },
  'POST /api/legacy/runs': {
    summary: 'Claims a run for an outside scheduler: perform it after 201 only',
    headers: { 'Idempotency-Key': 'The same claim again is answered as the first time' },
    body: 'LegacyClaim',
    answers: { 201: 'LegacyGrant' },
    refusals: CLAIM,
  },
  'PATCH /api/legacy/runs': {
    summary: 'Renews the lease of a claimed run, or says how it ended',
    body: 'LegacyReport',
    answers: { 200: 'LegacyReported' },
    refusals: ['not_found', 'storage_damaged', ...RUN_TOKEN],
  },
  'GET /api/ownership': {
    summary: 'Tells which path has a job: advice, since only a claim decides',
    query: asking,
    answers: { 200: 'Ownership' },
    refusals: STORE,
  },
  'GET /api/shadow/report': {
    summary: 'Compares both paths, with examples of each mismatch',
    query: shadowQuery,
    answers: { 200: 'ShadowReport' },
    refusals: STORE,
  },
  'GET /api/rollout': {
    summary: 'Shows where the move stands, and the gate to the next stage',
    query: rolloutQuery,
    answers: { 200: 'Rollout' },
    refusals: STORE,
  },
  'POST /api/rollout/records': {
    summary: 'Records a step of the move in the audit',
    body: 'RolloutRecord',
    answers: { 201: 'RolloutRecorded' },
    refusals: STORE,
  },
  'POST /api/rollout/free': {
    summary: 'Frees the runs of holders that died',
    body: 'Nothing',
    answers: { 200: 'Freed' },
    refusals: STORE,
  },
  'GET /admin': { summary: 'The page', answers: { 200: PAGE }, refusals: [] },
  'GET /admin/:file': {
    summary: 'A file of the page',
    answers: { 200: { media: '*/*' } },
    refusals: ['not_found'],
  },
  'GET /openapi.json': {
    summary: 'This document',
    answers: { 200: 'Document' },
    refusals: [],
  },
}
