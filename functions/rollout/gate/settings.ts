import type { Evidence } from '../evidence.ts'
import type { Check, Target } from './check.ts'
import { duration, type Finding, fact, unknown } from './finding.ts'
import { nextOf } from './order.ts'

const MINUTE = 60
const HOUR = 3600
const DAY = 24 * HOUR

/** The longest time between ticks: every minute in production, every five minutes in qa. */
const CADENCE_SECONDS = { local: Number.POSITIVE_INFINITY, qa: 5 * MINUTE, production: MINUTE }

const LEASE_SECONDS = 300

/** What is read from flags and from how long they have stood. */
export const SETTINGS = {
  stages_in_order: {
    what: 'stages are not skipped',
    reads: [],
    judge: (evidence, to) => {
      const next = nextOf(evidence)
      return fact(`from stage ${evidence.stage} to ${next}`, `asked for ${to}`, to === next)
    },
  },
  stage_age: {
    what: 'this stage has stood',
    reads: [],
    judge: ({ stage, stage_since, read_at }, to) => {
      const { seconds, guide } = ageFor(stage, to)
      const required = `at least ${duration(seconds)} (${guide})`
      if (stage_since === null) return unknown(required, 'no tick has told this stage yet')
      const age = (read_at - stage_since) / 1000
      const verdict = age >= seconds ? 'pass' : 'inconclusive'
      return { required, measured: `${duration(age)} without interruption`, samples: null, verdict }
    },
  },
  cadence: {
    what: 'ticks come as often as the environment asks for',
    reads: [],
    judge: ({ environment, cadence, cadence_seconds }) => {
      const most = CADENCE_SECONDS[environment]
      const required = most === Number.POSITIVE_INFINITY ? 'any cadence' : `at least every ${duration(most)}`
      return fact(required, `${cadence} (every ${duration(cadence_seconds)})`, cadence_seconds <= most)
    },
  },
  handlers: {
    what: 'every expected job has a handler',
    reads: [],
    judge: ({ handlers: { expected, registered } }) => {
      if (expected.length === 0)
        return unknown('all of ROLLOUT_EXPECTED_JOBS', 'the flag names no job; set it')
      const missing = expected.filter((name) => !registered.includes(name))
      const told = `${expected.length - missing.length} of ${expected.length}`
      const names = missing.length === 0 ? '' : `; missing: ${missing.join(', ')}`
      return fact(
        `${expected.length} of ${expected.length}`,
        told + names,
        missing.length === 0,
        expected.length,
      )
    },
  },
  lease_length: {
    what: 'a dead holder’s lease runs out soon',
    reads: [],
    judge: ({ lease_seconds }) =>
      fact(`at most ${duration(LEASE_SECONDS)}`, duration(lease_seconds), lease_seconds <= LEASE_SECONDS),
  },
  storage: {
    what: 'the storage serves more than one process',
    reads: [],
    judge: ({ environment, storage }) =>
      fact(
        environment === 'production' ? 'firestore' : 'firestore in production',
        `${storage} in ${environment}`,
        environment !== 'production' || storage === 'firestore',
      ),
  },
  old_revisions: {
    what: 'no older revision claims any more',
    reads: [],
    judge: (evidence) => judgeRevisions(evidence),
  },
} as const satisfies Record<string, Check>

/** How long a stage has to stand: the strictest of what the guides ask for. */
function ageFor(stage: number, to: Target): { seconds: number; guide: string } {
  if (to === '30d') return { seconds: 30 * DAY, guide: 'agent-migration, after 30 days' }
  if (to === 5) return { seconds: 7 * DAY, guide: 'agent-migration, stage 5; queues-monitoring, cleanup' }
  if (to === 4) return { seconds: HOUR, guide: 'agent-migration, stage 3' }
  if (to === 3 && stage === 2) return { seconds: DAY, guide: 'posts-optimization, staging' }
  return { seconds: 5 * MINUTE, guide: 'queues-monitoring, first window' }
}

function judgeRevisions(evidence: Evidence): Finding {
  const { revisions, revision, read_at, cadence_seconds, window } = evidence
  const required = `none but ${revision} within two cadences`
  if (revisions.length === 0) return unknown(required, 'no tick has told its revision yet')
  const since = read_at - 2 * cadence_seconds * 1000
  const claiming = revisions.filter(
    ({ revision: name, last_claimed_at }) => name !== revision && (last_claimed_at ?? 0) > since,
  )
  const told = claiming.map((one) => one.revision).join(', ')
  // They may be gone: two cadences after the change it shows.
  if (told !== '' && window.since > since) return unknown(required, `claimed before the change: ${told}`)
  if (told === '' && (evidence.read_from?.ticks ?? 0) > since)
    return unknown(required, 'the ticks were not read that far back')
  return fact(required, told === '' ? 'none' : `claimed: ${told}`, claiming.length === 0, revisions.length)
}
