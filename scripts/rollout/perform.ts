import type { Clock } from '../../functions/clock.ts'
import { textOf } from '../../functions/config.ts'
import { duration } from '../../functions/rollout/gate/finding.ts'
import { reasonOf } from './failure.ts'
import { pauseAll, resumeAll, setUp } from './jobs.ts'
import type { FlagChanges, Platform } from './platform.ts'
import type { Service } from './service.ts'
import { type Step, titleOf } from './steps.ts'
import { verify } from './verify.ts'
import { awaitReleased, awaitRetired } from './wait.ts'

/** What steps are carried out with. */
export interface Hands {
  readonly platform: Platform
  readonly service: Service
  readonly clock: Clock
  readonly say: (line: string) => void
}

/** How a list of steps ended: `problems` are what the verification found. */
export interface Ended {
  readonly seconds: number
  readonly problems: readonly string[]
}

/** What a step came to: what was done, nothing when it was done already; what a verification found wrong. */
interface Result {
  readonly did: readonly string[]
  readonly problems?: readonly string[]
}

const NOTHING: Result = { did: [] }

/**
 * Carries the steps out in their order, each timed. Rejects, with the rest undone, when one fails; what has been done then
 * is found done when the list is begun again.
 */
export async function performAll(steps: readonly Step[], hands: Hands): Promise<Ended> {
  const { clock, say } = hands
  const began = clock.now()
  const problems: string[] = []
  for (const [index, step] of steps.entries()) {
    const at = clock.now()
    say(`${index + 1}/${steps.length} ${titleOf(step)}`)
    const result = await perform(step, hands)
    problems.push(...(result.problems ?? []))
    for (const line of result.did) say(`    ${line}`)
    say(`    ${verdictOf(step, result)} (${seconds(clock.now() - at)})`)
  }
  return { seconds: (clock.now() - began) / 1000, problems }
}

/** A span of time (ms) to a tenth of a second below two minutes, for people. */
export function seconds(ms: number): string {
  return ms < 120_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms / 1000)
}

function verdictOf({ kind }: Step, { did, problems = [] }: Result): string {
  if (problems.length > 0) return 'not as it should be'
  if (kind === 'verify') return 'as it should be'
  return did.length === 0 ? 'done already' : 'done'
}

async function perform(step: Step, hands: Hands): Promise<Result> {
  const { platform, service } = hands
  switch (step.kind) {
    case 'pause':
      return { did: await pauseAll(platform) }
    case 'schedule':
      return { did: await setUp(platform, await platform.flags(), step.remove) }
    case 'resume':
      return { did: await resumeAll(platform, await platform.flags()) }
    case 'stop':
      await platform.stop()
      return { did: ['no revision holds the store'] }
    case 'copy':
      return copyOrRestart(step, hands)
    case 'deploy':
      return deploy(step.changes, hands)
    case 'drain':
      return awaitReleased(hands)
    case 'free': {
      const { freed } = await service.free()
      return freed.length === 0 ? NOTHING : { did: [`${freed.length} freed`] }
    }
    case 'retire':
      return awaitRetired(hands)
    case 'record':
      return record(step.record, hands)
    case 'verify':
      return verify(step.expected, hands)
  }
}

async function deploy(changes: FlagChanges, { platform }: Hands): Promise<Result> {
  const [flags, revisions] = await Promise.all([platform.flags(), platform.revisions()])
  const isThere = Object.entries(changes).every(([name, value]) => textOf(flags, name) === value)
  if (isThere && revisions.some(({ serves }) => serves)) return NOTHING
  return { did: [`revision ${await platform.deploy(changes)} serves`] }
}

/** Nothing was lost when a copy fails: the service goes on where its state is. */
async function copyOrRestart(
  { from, to }: Extract<Step, { kind: 'copy' }>,
  { platform, say }: Hands,
): Promise<Result> {
  try {
    await platform.copyState(from, to, (line) => say(`    ${line}`))
    return { did: [`copied from ${from} to ${to}`] }
  } catch (error) {
    say(`    the copy failed; the service is brought up again on ${from}`)
    await platform
      .deploy({})
      .catch((trouble: unknown) => say(`    it does not come up: ${reasonOf(trouble)}`))
    throw error
  }
}

/** A force is not carried out unseen; a rollback is not held up by an audit that cannot be written. */
async function record(
  record: Extract<Step, { kind: 'record' }>['record'],
  { service }: Hands,
): Promise<Result> {
  try {
    await service.record(record)
    return { did: ['written'] }
  } catch (error) {
    if (record.action !== 'rollout_rolled_back') throw error
    return { did: [], problems: [`the audit was not written: ${reasonOf(error)}`] }
  }
}
