import { type Existing, isOurs, type JobState, type Spec } from './spec.ts'

/** One field that is not as it should be. */
export interface Change {
  readonly field: keyof Spec | 'state'
  readonly from: unknown
  readonly to: unknown
}

/** One thing to do or to say about one job. */
export type Step =
  | { readonly kind: 'create'; readonly id: string; readonly spec: Spec; readonly paused: boolean }
  | { readonly kind: 'update'; readonly id: string; readonly spec: Spec; readonly changes: readonly Change[] }
  | { readonly kind: 'pause' | 'resume' | 'run' | 'delete'; readonly id: string }
  | { readonly kind: 'unchanged'; readonly id: string; readonly state: JobState }
  /** Made here once, for no lane of now. */
  | { readonly kind: 'orphan'; readonly id: string }
  /** Of a configured lane, but not there. */
  | { readonly kind: 'missing'; readonly id: string }
  /** Has our name but not our mark: someone else's. */
  | { readonly kind: 'foreign'; readonly id: string }

/** `paused`: every job of a configured lane shall be paused. `remove`: orphans are deleted. */
export interface SetupOptions {
  readonly paused: boolean
  readonly remove: boolean
}

const FIELDS = [
  'description',
  'schedule',
  'time_zone',
  'uri',
  'method',
  'headers',
  'body',
  'service_account',
  'audience',
  'attempt_deadline_seconds',
  'retry_count',
  'max_retry_seconds',
  'min_backoff_seconds',
  'max_backoff_seconds',
  'max_doublings',
] as const satisfies readonly (keyof Spec)[]

/** What makes the existing jobs into the desired ones. Touches only jobs that were made here. */
export function plan(desired: readonly Spec[], existing: readonly Existing[], options: SetupOptions): Step[] {
  const steps = desired.flatMap((spec) => stepsFor(spec, find(existing, spec.id), options))
  return [
    ...steps,
    ...orphans(desired, existing).map((id) => ({ kind: options.remove ? 'delete' : 'orphan', id }) as const),
  ]
}

/** Pauses every job that was made here, orphans too: afterwards nothing ticks. */
export function planPause(existing: readonly Existing[]): Step[] {
  return existing.filter(isOurs).map(({ spec, state }) => turn('pause', spec.id, state))
}

/** Resumes or runs the jobs of the configured lanes. */
export function planVerb(
  verb: 'resume' | 'run',
  desired: readonly Spec[],
  existing: readonly Existing[],
): Step[] {
  return desired.map(({ id }) => {
    const found = find(existing, id)
    if (found === undefined) return { kind: 'missing', id }
    if (!isOurs(found)) return { kind: 'foreign', id }
    return verb === 'run' ? { kind: 'run', id } : turn('resume', id, found.state)
  })
}

/** Would carrying out this step change anything? */
export function isPending(step: Step): boolean {
  return step.kind !== 'unchanged' && step.kind !== 'orphan' && !isBlocked(step)
}

/** Does this step stand for something that cannot be done? */
export function isBlocked({ kind }: Step): boolean {
  return kind === 'missing' || kind === 'foreign'
}

/** The fields in which the existing job differs; UPDATE_FAILED is a difference by itself, which an update mends. */
export function diff(spec: Spec, { spec: found, state }: Existing): Change[] {
  const changes: Change[] = FIELDS.filter(
    (field) => JSON.stringify(spec[field]) !== JSON.stringify(found[field]),
  ).map((field) => ({ field, from: found[field], to: spec[field] }))
  return state === 'UPDATE_FAILED' ? [...changes, { field: 'state', from: state, to: 'ENABLED' }] : changes
}

function stepsFor(spec: Spec, found: Existing | undefined, { paused }: SetupOptions): Step[] {
  const { id } = spec
  if (found === undefined) return [{ kind: 'create', id, spec, paused }]
  if (!isOurs(found)) return [{ kind: 'foreign', id }]
  const changes = diff(spec, found)
  const steps: Step[] = [
    // First, so that the change itself cannot tick.
    ...(paused && found.state !== 'PAUSED' ? [{ kind: 'pause', id } as const] : []),
    ...(changes.length > 0 ? [{ kind: 'update', id, spec, changes } as const] : []),
  ]
  return steps.length > 0 ? steps : [{ kind: 'unchanged', id, state: found.state }]
}

function turn(verb: 'pause' | 'resume', id: string, state: JobState): Step {
  const done = verb === 'pause' ? state === 'PAUSED' : state === 'ENABLED'
  return done ? { kind: 'unchanged', id, state } : { kind: verb, id }
}

function orphans(desired: readonly Spec[], existing: readonly Existing[]): string[] {
  return existing
    .filter(isOurs)
    .flatMap(({ spec }) => (desired.some(({ id }) => id === spec.id) ? [] : [spec.id]))
}

function find(existing: readonly Existing[], id: string): Existing | undefined {
  return existing.find(({ spec }) => spec.id === id)
}
