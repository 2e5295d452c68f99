import { z } from 'zod'
import { POLICIES } from '../../job/policies.ts'
import { COMPLETION } from '../../target/http/complete.ts'
import { actionBody, changeBody } from '../action.ts'
import { backfillBody } from '../backfill.ts'
import { oneOffBody } from '../jobs.ts'
import { claiming, renewing, settling } from '../legacy.ts'
import { cronBody, releaseBody } from '../operate.ts'
import { order } from '../performance.ts'
import { registrationBody } from '../registration.ts'
import { anyJson, nothing, record } from '../steer.ts'
import { tickRequest } from '../tick.ts'
import * as actions from './actions.ts'
import * as history from './history.ts'
import * as jobs from './job.ts'
import * as legacy from './legacy.ts'
import { CLEANED, PERFORMANCE } from './performance.ts'
import { PROBLEM } from './problem.ts'
import { FREED, RECORDED, ROLLOUT } from './rollout.ts'
import { SHADOW_REPORT } from './shadow.ts'
import { HEALTH, TICK_REPORT } from './tick.ts'
import { TIMELINE } from './timeline.ts'

const BODIES = {
  Action: actionBody,
  Change: changeBody,
  Backfill: backfillBody,
  Cleaning: order,
  Completion: COMPLETION,
  CronChange: cronBody,
  LegacyClaim: claiming,
  LegacyReport: z.union([renewing, settling]),
  Nothing: nothing,
  OneOff: oneOffBody,
  Registration: registrationBody,
  Release: releaseBody,
  RolloutRecord: record,
  Tick: tickRequest,
}

const ANSWERS = {
  AnyJob: jobs.ANY_JOB,
  Audit: history.AUDIT,
  Backfilled: actions.BACKFILLED,
  Cleaned: CLEANED,
  Completed: actions.COMPLETED,
  CronChanged: actions.CRON_CHANGED,
  Document: z.record(z.string(), z.unknown()),
  Done: actions.DONE,
  Freed: FREED,
  Health: HEALTH,
  History: history.HISTORY,
  Jobs: jobs.JOBS,
  LegacyGrant: legacy.GRANTED,
  LegacyReported: legacy.REPORTED,
  OneOffMade: jobs.MADE_JOB,
  Ownership: legacy.OWNERSHIP,
  Performance: PERFORMANCE,
  Preview: history.PREVIEW,
  Problem: PROBLEM,
  Registered: actions.REGISTERED,
  Released: actions.RELEASED,
  Rollout: ROLLOUT,
  RolloutRecorded: RECORDED,
  RunGoesOn: actions.RUN_GOES_ON,
  RunResult: actions.RUN_RESULT,
  ShadowReport: SHADOW_REPORT,
  Stats: history.STATS,
  TickReport: TICK_REPORT,
  Timeline: TIMELINE,
}

const PARTS = {
  AuditEntry: history.AUDIT_ENTRY,
  DamagedJob: jobs.DAMAGED_JOB,
  Execution: history.EXECUTION,
  Job: jobs.JOB,
  Json: anyJson,
  Policies: POLICIES,
  Skipped: history.SKIPPED,
}

/** The schemas that the document calls by name: bodies as they are checked, answers, and what they have in common. */
export const COMPONENTS = { ...BODIES, ...ANSWERS, ...PARTS } as const satisfies Record<string, z.ZodType>

/** The name of a body that is checked. */
export type Body = keyof typeof BODIES

/** The name of an answer. */
export type Answer = keyof typeof ANSWERS
