import { answerLines } from './diagnose/answers.ts'
import { apiLines } from './diagnose/apis.ts'
import { audienceLines } from './diagnose/audience.ts'
import { callerLines } from './diagnose/callers.ts'
import { capacityLines } from './diagnose/capacity.ts'
import { clockLines } from './diagnose/clocks.ts'
import { duplicateLines } from './diagnose/duplicates.ts'
import { firestoreLines } from './diagnose/firestore.ts'
import { flagLines, pageFlagLines, storageLines } from './diagnose/flags.ts'
import { jobLines } from './diagnose/jobs.ts'
import { monitoringLines } from './diagnose/monitoring.ts'
import { isOfCloud, type OfCloud } from './diagnose/of-cloud.ts'
import { revisionLines } from './diagnose/revisions.ts'
import { roleLines } from './diagnose/roles.ts'
import { schedulerLines } from './diagnose/scheduler.ts'
import { secretLines } from './diagnose/secrets.ts'
import { tickLines } from './diagnose/ticks.ts'
import type { Facts } from './facts.ts'
import type { Found, Line } from './line.ts'
import { type Mends, mendsFor } from './mends.ts'

type Judge = (facts: Facts, mends: Mends) => Found[]

/** Has a meaning in the cloud alone; elsewhere there is no line. */
function inCloud(judge: (facts: OfCloud, mends: Mends) => Found[]): Judge {
  return (facts, mends) => (isOfCloud(facts) ? judge(facts, mends) : [])
}

/** In the order in which one thing needs the other. */
const GROUPS: readonly (readonly [string, readonly Judge[]])[] = [
  ['flags', [flagLines, storageLines, inCloud(pageFlagLines)]],
  ['service', [answerLines, revisionLines, capacityLines]],
  [
    'access',
    [inCloud(apiLines), inCloud(roleLines), inCloud(callerLines), inCloud(secretLines), audienceLines],
  ],
  ['store', [inCloud(firestoreLines)]],
  ['scheduler', [schedulerLines, tickLines]],
  ['jobs', [jobLines, duplicateLines]],
  ['clocks', [clockLines]],
  ['monitoring', [inCloud(monitoringLines)]],
]

/** What the facts say. The same facts give the same lines, and nothing that could not be seen is ever ok. */
export function diagnose(facts: Facts): Line[] {
  const mends = mendsFor(facts)
  return GROUPS.flatMap(([group, judges]) =>
    judges.flatMap((judge) => judge(facts, mends).map((found) => ({ group, ...found }))),
  )
}
