import type { Evidence } from '../evidence.ts'
import type { Check, Target } from './check.ts'
import { duration, type Finding, fact, unknown } from './finding.ts'

const NOT_PROBED = 'not probed; run npm run rollout -- check'

/** What only a look from outside can tell. */
export const OUTSIDE = {
  health: {
    what: 'the health check answers',
    reads: [],
    judge: ({ probes: { health } }) => {
      const required = '200 {"status":"ok"}'
      if (health === null) return unknown(required, NOT_PROBED)
      const { http_status, status } = health
      return fact(
        required,
        `${http_status} status ${status ?? 'none'}`,
        http_status === 200 && status === 'ok',
        1,
      )
    },
  },
  tick_needs_token: {
    what: 'a tick without credentials is refused',
    reads: [],
    judge: ({ probes: { tick_without_token: status } }) => {
      // With IAM in front, Cloud Run itself answers 403 before the app can say 401.
      const required = '401 (or 403, from Cloud Run itself)'
      if (status === null) return unknown(required, NOT_PROBED)
      return fact(required, String(status), status === 401 || status === 403, 1)
    },
  },
  scheduler_jobs: {
    what: 'the Cloud Scheduler jobs are as they should be',
    reads: [],
    judge: (evidence, to) => judgeJobs(evidence, to),
  },
  scheduler_attempts: {
    what: 'every Cloud Scheduler job has posted of late',
    reads: [],
    judge: (evidence) => judgeAttempts(evidence),
  },
  qa_pass: {
    what: 'qa has passed stage 2',
    reads: [],
    judge: ({ probes: { qa_pass }, read_at }) => {
      const required = 'a recorded pass of the gate from 2 to 3 in qa'
      if (qa_pass === null) return unknown(required, 'none is recorded')
      const told = `passed ${new Date(qa_pass.passed_at).toISOString()}, recorded by ${qa_pass.by}`
      return fact(required, told, qa_pass.passed_at <= read_at, 1)
    },
  },
} as const satisfies Record<string, Check>

/** Two a lane with dwell, whose ticks outlast a minute. */
function jobsOf({ lanes }: Evidence): number {
  return lanes.reduce((sum, { dwell_seconds }) => sum + (dwell_seconds === null ? 1 : 2), 0)
}

/** Before anything ticks they may be there paused. */
function judgeJobs(evidence: Evidence, to: Target): Finding {
  const { audience, probes } = evidence
  const jobs = probes.scheduler_jobs
  const states = to === 1 ? ['ENABLED', 'PAUSED'] : ['ENABLED']
  const required = `${jobsOf(evidence)}: ${states.join(' or ')}, with an OIDC token for ${audience}, as set up`
  if (jobs === null) return unknown(required, NOT_PROBED)
  const problems = jobs.flatMap((job) => [
    ...(states.includes(job.state) ? [] : [`${job.id} is ${job.state}`]),
    ...(job.has_oidc_token && job.audience === audience ? [] : [`${job.id} has no token for this audience`]),
    ...job.problems.map((problem) => `${job.id}: ${problem}`),
  ])
  const told = [`${jobs.length}`, ...problems].join('; ')
  return fact(required, told, problems.length === 0 && jobs.length >= jobsOf(evidence), jobs.length)
}

/** Of a lane with dwell, each of the two jobs posts every other minute. */
function judgeAttempts({ probes, cadence_seconds, lanes, window }: Evidence): Finding {
  const dwells = lanes.some(({ dwell_seconds }) => dwell_seconds !== null)
  const most = 2 * Math.max(cadence_seconds, dwells ? 120 : 0)
  const required = `within ${duration(most)}`
  const jobs = probes.scheduler_jobs ?? []
  if (jobs.length === 0)
    return unknown(required, probes.scheduler_jobs === null ? NOT_PROBED : 'there is no job')
  const told = jobs.flatMap(({ id, last_attempt_age_seconds: age }) => {
    if (age !== null && age <= most) return []
    return [age === null ? `${id} never` : `${id} ${duration(age)} ago`]
  })
  // A job that was just set up has its first turn still to come.
  const isEarly = window.until - window.since < most * 1000 && jobs.every(isRecentOrNew(most))
  if (told.length > 0 && isEarly) return unknown(required, `not yet: ${told.join('; ')}`)
  return fact(required, told.length === 0 ? 'all' : told.join('; '), told.length === 0, jobs.length)
}

function isRecentOrNew(most: number) {
  return ({ last_attempt_age_seconds: age }: { readonly last_attempt_age_seconds: number | null }) =>
    age === null || age <= most
}
