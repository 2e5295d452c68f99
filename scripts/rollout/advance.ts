import type { Env } from '../../functions/config.ts'
import { textOf } from '../../functions/config.ts'
import { flagsFor, ROLLOUT_FLAGS, stageOf, storageOf, type Wish, withChanges } from './flags.ts'
import type { FlagChanges } from './platform.ts'
import type { Step } from './steps.ts'

/** Steps to carry out, or the sentence that says why there are none. */
export type Plan =
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * What leads to the stage of the wish, or to another canary or shadow within it. `forced`: what did not pass, when it goes
 * on all the same; that is recorded before anything is changed.
 */
export function planAdvance(
  wish: Wish,
  env: Env,
  { reason, forced }: { readonly reason: string | null; readonly forced: readonly string[] },
): Plan {
  const out = outOfOrder(wish.to, env)
  if (out !== null) return { kind: 'refused', reason: out }
  const planned = flagsFor(wish, env)
  if (planned.kind === 'refused') return planned
  const { changes } = planned
  const after = withChanges(env, changes)
  const before = placeOf(env)
  const isForced = forced.length > 0
  const given = reason ?? (wish.to === stageOf(env) ? 'within the stage' : 'the gate passes')
  const why = isForced ? `${given} (did not pass: ${forced.join(', ')})` : given
  const record = { before, after: placeOf(after), reason: why }
  return {
    kind: 'steps',
    steps: [
      ...(isForced ? [{ kind: 'record', record: { ...record, action: 'rollout_forced' } } as const] : []),
      ...moveSteps(changes, env),
      ...(wish.to > 0 ? ([{ kind: 'schedule', remove: false }, { kind: 'resume' }] as const) : []),
      { kind: 'record', record: { ...record, action: 'rollout_advanced' } },
      { kind: 'retire' },
      {
        kind: 'verify',
        expected: {
          stage: wish.to,
          storage: storageOf(after),
          paused: false,
          released: false,
          scheduled: wish.to > 0,
        },
      },
    ],
  }
}

/** A deployment; where the storage changes, with the state copied while nobody is at it. */
export function moveSteps(changes: FlagChanges, env: Env): Step[] {
  const from = storageOf(env)
  const to = storageOf(withChanges(env, changes))
  const copying: Step[] = from === to ? [] : [{ kind: 'stop' }, { kind: 'copy', from, to }]
  return [...copying, { kind: 'deploy', changes }]
}

/** Where a rollout stands, as the audit keeps it: the flags of the rollout that are set. */
export function placeOf(env: Env): Readonly<Record<string, string>> {
  const set = ROLLOUT_FLAGS.map((name) => [name, textOf(env, name)] as const)
  return Object.fromEntries(set.flatMap(([name, text]) => (text === null ? [] : [[name, text] as const])))
}

/**
 * Stages are not skipped, not even by force. The stage that stands may be entered again: for another canary or shadow, and
 * to finish an advance that was cut off.
 */
function outOfOrder(to: number, env: Env): string | null {
  const from = stageOf(env)
  if (to < from) return `Stage ${to} is behind stage ${from}; that way it is rollback --to ${to}.`
  if (to === from) return null
  const isNext = to === from + 1 || (from === 1 && to === 3 && textOf(env, 'ENVIRONMENT') === 'production')
  return isNext ? null : `Stages are not skipped: from stage ${from} it goes to ${nextStage(env)}.`
}

function nextStage(env: Env): number {
  const from = stageOf(env)
  return from === 1 && textOf(env, 'ENVIRONMENT') === 'production' ? 3 : from + 1
}
