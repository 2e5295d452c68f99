import { type Env, loadConfig, textOf } from '../../functions/config.ts'
import { TickoverError } from '../../functions/errors.ts'
import type { FlagChanges, StorageKind } from './platform.ts'

/** The flags that say where a rollout stands, in the order in which they are shown. */
export const ROLLOUT_FLAGS = [
  'ROLLOUT_STAGE',
  'SCHEDULER_SHADOW_MODE',
  'ROLLOUT_LEGACY_LOOP',
  'ROLLOUT_CANARY_PERCENT',
  'ROLLOUT_CANARY_JOBS',
  'ROLLOUT_CANARY_SPLIT',
  'SCHEDULER_STORAGE',
  'SCHEDULER_ALLOW_JSON_IN_PRODUCTION',
] as const

/** What somebody wants of a stage. */
export interface Wish {
  readonly to: number
  /** The canary at stage 3; null: as it is. */
  readonly percent: number | null
  /** Names separated by commas, none when empty; null: as they are. */
  readonly jobs: string | null
  readonly alternate: boolean
  /** At stage 4: the in-process loop in shadow. */
  readonly shadow: boolean
  /** Is the in-process loop the legacy path? null: as before. */
  readonly loop: boolean | null
  /** The storage from stage 4 on; null: as it is. */
  readonly storage: StorageKind | null
}

/** Flags that may be deployed, or the sentence that says why there are none. */
export type Planned =
  | { readonly kind: 'changes'; readonly changes: FlagChanges }
  | { readonly kind: 'refused'; readonly reason: string }

/** A wish for a stage and nothing else. */
export function plainWish(to: number, more: Partial<Wish> = {}): Wish {
  return {
    to,
    percent: null,
    jobs: null,
    alternate: false,
    shadow: false,
    loop: null,
    storage: null,
    ...more,
  }
}

/** The stage that these flags stand for. */
export function stageOf(env: Env): number {
  return Number(textOf(env, 'ROLLOUT_STAGE') ?? '5')
}

/** The storage that these flags name. */
export function storageOf(env: Env): StorageKind {
  return textOf(env, 'SCHEDULER_STORAGE') === 'firestore' ? 'firestore' : 'json'
}

/** What has to change for a stage. The result has passed `loadConfig`; what would not pass is refused. */
export function flagsFor(wish: Wish, env: Env): Planned {
  const reason = objection(wish, env)
  if (reason !== null) return { kind: 'refused', reason }
  return validated(
    {
      ROLLOUT_STAGE: String(wish.to),
      SCHEDULER_SHADOW_MODE: shadowFor(wish, env),
      ROLLOUT_LEGACY_LOOP: loopFor(wish, env),
      ...canaryFor(wish, env),
      ...(wish.storage !== null && storageFlags(wish.storage, env)),
    },
    env,
  )
}

/** The flags of a storage. Production takes json only by saying so. */
export function storageFlags(storage: StorageKind, env: Env): FlagChanges {
  const isEmergency = storage === 'json' && textOf(env, 'ENVIRONMENT') === 'production'
  return { SCHEDULER_STORAGE: storage, SCHEDULER_ALLOW_JSON_IN_PRODUCTION: isEmergency ? 'yes' : null }
}

/** Those of the wanted flags that differ, if the flags after them are such that a service may start with them. */
export function validated(wanted: FlagChanges, env: Env): Planned {
  const entries = Object.entries(wanted).filter(([name, value]) => textOf(env, name) !== value)
  const changes = Object.fromEntries(entries)
  const problems = problemsOf(withChanges(env, changes))
  return problems.length === 0
    ? { kind: 'changes', changes }
    : { kind: 'refused', reason: `The flags would not do: ${problems.join('; ')}.` }
}

/** The environment after the changes. */
export function withChanges(env: Env, changes: FlagChanges): Env {
  const set = Object.entries(changes).filter(([, value]) => value !== null)
  const kept = Object.entries(env).filter(([name]) => !(name in changes))
  return Object.fromEntries([...kept, ...set.map(([name, value]) => [name, value ?? ''] as const)])
}

/** Every reason for which a service would not start with these flags. */
export function problemsOf(env: Env): readonly string[] {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof TickoverError)) throw error
    return error.problems.map(({ field, message }) => `${field} ${message}`)
  }
}

/** Each change as a line: the flag, old -> new. */
export function changeLines(changes: FlagChanges, env: Env): string[] {
  const width = Math.max(0, ...Object.keys(changes).map((name) => name.length))
  return Object.entries(changes).map(
    ([name, value]) => `${name.padEnd(width)}  ${textOf(env, name) ?? '(unset)'} -> ${value ?? '(unset)'}`,
  )
}

function objection(wish: Wish, env: Env): string | null {
  const { to, loop, storage } = wish
  if (loop === true && !usesLoop(wish))
    return `The in-process loop has no part at stage ${to}${to === 4 ? ' without --shadow' : ''}; leave out --loop.`
  if (storage !== null && storage !== storageOf(env) && (to !== 4 || stageOf(env) >= 4))
    return 'The storage changes on the way to stage 4; at other times only by rollback --partial --storage.'
  return canaryObjection(wish) ?? shadowObjection(wish, env)
}

function canaryObjection({ to, percent, jobs, alternate }: Wish): string | null {
  const isNamed = percent !== null || jobs !== null
  if ((isNamed || alternate) && to !== 3)
    return 'A canary is for stage 3: leave out --canary-percent, --canary-jobs and --alternate.'
  return isNamed && alternate
    ? 'With --alternate each path has every job in turn: leave out --canary-percent and --canary-jobs.'
    : null
}

function shadowObjection(wish: Wish, env: Env): string | null {
  if (!wish.shadow) return null
  if (wish.to !== 4)
    return '--shadow is for stage 4; at stage 3 the ticks run in shadow by themselves, and elsewhere nothing does.'
  return isInProcess(wish, env)
    ? null
    : '--shadow at stage 4 runs the in-process loop in shadow, and the legacy path here is an outside scheduler, which cannot. Leave it out, or say --loop.'
}

/** Unset at stage 3, where it is on by itself, unless it was switched off there. */
function shadowFor({ to, shadow }: Wish, env: Env): string | null {
  if (to === 4) return shadow ? 'true' : null
  const stays = to === 3 && stageOf(env) === 3 && textOf(env, 'SCHEDULER_SHADOW_MODE') === 'false'
  return stays ? 'false' : null
}

/**
 * Where a stage has no use for a loop that is on, it is set off, not unset: that keeps in mind that the legacy path is
 * the in-process loop, for the way back.
 */
function loopFor(wish: Wish, env: Env): string | null {
  if (!isInProcess(wish, env)) return wish.loop === false ? null : textOf(env, 'ROLLOUT_LEGACY_LOOP')
  return usesLoop(wish) ? 'on' : 'off'
}

function usesLoop({ to, shadow }: Wish): boolean {
  return to < 2 || to === 3 || (to === 4 && shadow)
}

function isInProcess({ loop }: Wish, env: Env): boolean {
  const text = textOf(env, 'ROLLOUT_LEGACY_LOOP')
  const wasSwitchedOff = text === 'off' && [2, 4, 5].includes(stageOf(env))
  return loop ?? (text === 'on' || wasSwitchedOff)
}

function canaryFor({ to, percent, jobs, alternate }: Wish, env: Env): FlagChanges {
  const kept = (name: string) => (stageOf(env) === 3 ? textOf(env, name) : null)
  const isNamed = percent !== null || jobs !== null
  if (to !== 3 || alternate) return canary(null, null, alternate ? 'alternate' : null)
  return canary(
    percent === null ? kept('ROLLOUT_CANARY_PERCENT') : percent === 0 ? null : String(percent),
    jobs === null ? kept('ROLLOUT_CANARY_JOBS') : jobs === '' ? null : jobs,
    isNamed ? null : kept('ROLLOUT_CANARY_SPLIT'),
  )
}

function canary(percent: string | null, jobs: string | null, split: string | null): FlagChanges {
  return { ROLLOUT_CANARY_PERCENT: percent, ROLLOUT_CANARY_JOBS: jobs, ROLLOUT_CANARY_SPLIT: split }
}
