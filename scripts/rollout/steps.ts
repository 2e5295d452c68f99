import type { Env } from '../../functions/config.ts'
import { changeLines } from './flags.ts'
import type { FlagChanges, Platform, StorageKind } from './platform.ts'

/** What the audit keeps of a move; the body of `POST /api/rollout/records`. */
export interface MoveRecord {
  readonly action: 'rollout_advanced' | 'rollout_forced' | 'rollout_rolled_back'
  readonly before: Readonly<Record<string, unknown>>
  readonly after: Readonly<Record<string, unknown>>
  readonly reason: string
}

/** What must hold after a move. */
export interface Expected {
  readonly stage: number
  readonly storage: StorageKind
  /** Must every Cloud Scheduler job be paused? */
  readonly paused: boolean
  /** Must the ticks hold no lease? */
  readonly released: boolean
  /** Must the Cloud Scheduler jobs be those of the flags, and no others? */
  readonly scheduled: boolean
}

/**
 * One step of a move, as a value. Each looks before it acts and leaves alone what is done already, so a list of steps that
 * was cut off anywhere is finished by beginning it again.
 */
export type Step =
  /** Pauses every Cloud Scheduler job of ours. */
  | { readonly kind: 'pause' }
  /** Makes the Cloud Scheduler jobs those of the flags; `remove`: and deletes the others of ours. */
  | { readonly kind: 'schedule'; readonly remove: boolean }
  | { readonly kind: 'resume' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'copy'; readonly from: StorageKind; readonly to: StorageKind }
  | { readonly kind: 'deploy'; readonly changes: FlagChanges }
  /** Waits until the ticks hold no living lease. */
  | { readonly kind: 'drain' }
  /** Frees what the ticks hold past its end. */
  | { readonly kind: 'free' }
  /** Waits until no older revision has claimed for two cadences. */
  | { readonly kind: 'retire' }
  | { readonly kind: 'record'; readonly record: MoveRecord }
  | { readonly kind: 'verify'; readonly expected: Expected }

/** What a step is called. */
export function titleOf(step: Step): string {
  switch (step.kind) {
    case 'pause':
      return 'pause the Cloud Scheduler jobs'
    case 'schedule':
      return step.remove
        ? 'set up the Cloud Scheduler jobs anew, and delete those that are left over'
        : 'set up the Cloud Scheduler jobs'
    case 'resume':
      return 'resume the Cloud Scheduler jobs'
    case 'stop':
      return 'take the service off the store'
    case 'copy':
      return `copy jobs, open runs and effects from ${step.from} to ${step.to}`
    case 'deploy':
      return Object.keys(step.changes).length === 0 ? 'deploy: no flag changes' : 'deploy with these flags'
    case 'drain':
      return 'wait until the ticks hold no living lease'
    case 'free':
      return 'free what the ticks hold past its end'
    case 'retire':
      return 'wait until no older revision has claimed for two cadences'
    case 'record':
      return `write it into the audit (${step.record.action})`
    case 'verify':
      return 'verify'
  }
}

/** The steps, numbered, each flag with its old and new value, and the commands that a deployment stands for. */
export function planLines(
  steps: readonly Step[],
  env: Env,
  platform: Pick<Platform, 'commandsFor'>,
): string[] {
  return steps.flatMap((step, index) => [
    `${String(index + 1).padStart(2)}. ${titleOf(step)}`,
    ...(step.kind === 'deploy' ? deployLines(step.changes, env, platform) : []).map(
      (line) => `      ${line}`,
    ),
  ])
}

function deployLines(changes: FlagChanges, env: Env, platform: Pick<Platform, 'commandsFor'>): string[] {
  if (Object.keys(changes).length === 0) return []
  return [...changeLines(changes, env), ...platform.commandsFor(changes).map((command) => `$ ${command}`)]
}
