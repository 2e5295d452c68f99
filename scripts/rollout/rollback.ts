import { type Env, loadConfig, textOf } from '../../functions/config.ts'
import { moveSteps, type Plan, placeOf } from './advance.ts'
import type { Command, Manner } from './arguments.ts'
import {
  flagsFor,
  type Planned,
  plainWish,
  problemsOf,
  stageOf,
  storageFlags,
  storageOf,
  validated,
  withChanges,
} from './flags.ts'
import type { FlagChanges, StorageKind } from './platform.ts'
import type { Step } from './steps.ts'

/** What a rollback is asked for. */
export type Way = Pick<Command, 'manner' | 'to' | 'reason'> & {
  /** Is the in-process loop the legacy path? null: as before. */
  readonly loop: boolean | null
  /** Where a partial rollback puts the state. */
  readonly storage: StorageKind | null
}

/** How long a rollback may take, in seconds, and whose number that is. */
export const BOUNDS: Readonly<Record<Manner, { readonly seconds: number; readonly guide: string }>> = {
  full: { seconds: 300, guide: 'posts guide, immediate rollback: under 5 minutes' },
  stage: { seconds: 300, guide: 'posts guide, immediate rollback: under 5 minutes' },
  partial: { seconds: 1800, guide: 'posts guide, partial rollback: 5 to 30 minutes' },
  throttle: { seconds: 1800, guide: 'posts guide, partial rollback: 5 to 30 minutes' },
}

/** The steps back. Every result has passed `loadConfig`; what would not pass is refused with the reason. */
export function planRollback(way: Way, env: Env): Plan {
  const planned = flagsBack(way, env)
  if (planned.kind === 'refused') return planned
  const after = withChanges(env, planned.changes)
  const steps = STEPS[way.manner](planned.changes, env)
  const record = { before: placeOf(env), after: placeOf(after), reason: way.reason ?? 'none given' }
  return {
    kind: 'steps',
    steps: [
      ...steps,
      { kind: 'record', record: { ...record, action: 'rollout_rolled_back' } },
      {
        kind: 'verify',
        expected: {
          stage: stageOf(after),
          storage: storageOf(after),
          paused: way.manner === 'full',
          released: way.manner === 'full',
          scheduled: way.manner === 'throttle',
        },
      },
    ],
  }
}

/** What people have to know of a way back. */
export function remarks(way: Way, env: Env): string[] {
  const planned = flagsBack(way, env)
  if (planned.kind === 'refused') return []
  if (way.manner === 'partial' && Object.keys(planned.changes).length === 0)
    return [
      `The state is in ${storageOf(env)} already: only what a rollback that was cut off has left is done.`,
    ]
  if (way.manner !== 'full' && way.manner !== 'stage') return []
  const after = withChanges(env, planned.changes)
  const isLegacyLive = stageOf(after) < 2 || stageOf(after) === 3
  if (!isLegacyLive || textOf(after, 'ROLLOUT_LEGACY_LOOP') === 'on') return []
  return [
    'The legacy path is an outside scheduler, which claims through POST /api/legacy/runs: see that it runs. If it was the in-process loop, say --loop.',
  ]
}

/** What sets the flags again as they were before these steps. */
export function wayBack(steps: readonly Step[], env: Env): FlagChanges {
  const changed = steps.flatMap((step) => (step.kind === 'deploy' ? Object.keys(step.changes) : []))
  return Object.fromEntries(changed.map((name) => [name, textOf(env, name)]))
}

const STEPS: Readonly<Record<Manner, (changes: FlagChanges, env: Env) => Step[]>> = {
  // First the ticks end, so that nothing new is begun while the flags change.
  full: (changes) => [{ kind: 'pause' }, { kind: 'deploy', changes }, { kind: 'drain' }, { kind: 'free' }],
  stage: (changes) => [{ kind: 'deploy', changes }, { kind: 'retire' }],
  partial: (changes, env) => [{ kind: 'pause' }, ...moveSteps(changes, env), { kind: 'resume' }],
  throttle: (changes) => [
    { kind: 'deploy', changes },
    { kind: 'schedule', remove: true },
  ],
}

function flagsBack(way: Way, env: Env): Planned {
  const { loop } = way
  switch (way.manner) {
    case 'full':
      return flagsFor(plainWish(Math.min(1, stageOf(env)), { loop }), env)
    case 'stage':
      return backTo(way.to ?? stageOf(env), loop, env)
    case 'partial':
      return validated(storageFlags(way.storage ?? 'json', env), env)
    case 'throttle':
      return throttled(env)
  }
}

/** To the stage that stands already it only brings the service up again, as it was. */
function backTo(to: number, loop: boolean | null, env: Env): Planned {
  const from = stageOf(env)
  if (to === from) return validated({}, env)
  if (to > from)
    return {
      kind: 'refused',
      reason: `Stage ${to} is ahead of stage ${from}; that way it is advance --to ${to}.`,
    }
  return flagsFor(plainWish(to, { loop }), env)
}

/** One job at a time, five in a commit, every ten minutes; no lane dwells, since a lane that does ignores the cadence. */
function throttled(env: Env): Planned {
  const problems = problemsOf(env)
  if (problems.length > 0)
    return { kind: 'refused', reason: `The flags that stand are wrong: ${problems.join('; ')}.` }
  const { lanes } = loadConfig(env)
  const dwells = lanes.some(({ dwell_seconds }) => dwell_seconds !== null)
  return validated(
    {
      SCHEDULER_CONCURRENCY: '1',
      SCHEDULER_BATCH_SIZE: '5',
      SCHEDULER_CADENCE: '*/10 * * * *',
      ...(dwells && { SCHEDULER_LANES: lanes.map(({ name }) => name).join(',') }),
    },
    env,
  )
}
