import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import type { Items, Outcome } from '../job/outcome.ts'
import type { Emit } from '../observe/events.ts'
import { eachOf } from './batch.ts'
import type { Cache } from './cache.ts'
import type { Recording, Standing } from './effect.ts'
import { outcomeOf } from './failure.ts'
import type { Context, EffectOptions, ItemCount, JobDefinition, RunLog } from './handler.ts'
import { Notes } from './intents.ts'
import type { Limits } from './limits.ts'
import { notedEffect } from './noted.ts'
import { workQueue } from './queue/work.ts'
import { toText } from './storable.ts'
import type { Call } from './target.ts'

/** What performing needs beside the attempt itself. */
export interface Performing extends Recording {
  /** How an effect is met: performed for real, or answered in its place. */
  readonly effect: MeetEffect
  readonly handlers: ReadonlyMap<string, JobDefinition>
  readonly cache: Cache
  readonly limits: Limits
  /** What performs the attempts of HTTP targets. */
  readonly call: Call
  readonly emit: Emit
  readonly clock: Clock
  readonly random: () => number
  /** Aborted when the process stops. */
  readonly stop: AbortSignal
}

/** Meets one effect of an attempt. */
export type MeetEffect = (
  recording: Recording,
  standing: Standing,
  key: string,
  perform: (idempotencyKey: string) => Promise<unknown>,
  options: EffectOptions<unknown>,
) => Promise<unknown>

/** Calls the handler of a held attempt once, or works its queue. Never rejects: what is thrown becomes an outcome here. */
export async function perform(performing: Performing, standing: Standing, payload: string): Promise<Outcome> {
  const items: ItemCount = { processed: 0, succeeded: 0, failed: 0 }
  const notes = new Notes()
  try {
    const definition = handlerOf(performing.handlers, standing.held.run.fields.job_type)
    const context = contextOf(performing, standing, readPayload(definition, payload), items, notes)
    const { work } = definition
    const result =
      work.kind === 'handler'
        ? await work.run(context)
        : await workQueue({ ...performing, standing, context, notes }, work.queue)
    return { kind: 'succeeded', result: toText(result), items: counted(items), acts: notes.acts() }
  } catch (error) {
    return { ...outcomeOf(error, counted(items)), acts: notes.acts() }
  }
}

/** How an attempt would fail without its handler being called: no handler, or a payload that it does not take; else null. */
export function checkPayload(
  { handlers }: Pick<Performing, 'handlers'>,
  { held }: Standing,
  payload: string,
): Outcome | null {
  try {
    readPayload(handlerOf(handlers, held.run.fields.job_type), payload)
    return null
  } catch (error) {
    return outcomeOf(error, null)
  }
}

function handlerOf(handlers: Performing['handlers'], jobType: string): JobDefinition {
  const definition = handlers.get(jobType)
  if (definition === undefined) throw new Error(`No handler registered for job type: ${jobType}`)
  return definition
}

function readPayload(definition: JobDefinition, text: string): never {
  const parsed = definition.payload.safeParse(fromJson(text))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defineJob ties the schema's type to the handler's
  if (parsed.success) return parsed.data as never
  const [issue] = parsed.error.issues
  const place = issue?.path.join('.') || 'the payload'
  throw new TickoverError('invalid_payload', `${place}: ${issue?.message ?? 'is refused by its schema'}`)
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new TickoverError(
      'invalid_payload',
      'The stored payload is not JSON; correct it in the job’s document.',
    )
  }
}

function contextOf(
  performing: Performing,
  standing: Standing,
  payload: never,
  items: ItemCount,
  notes: Notes,
): Context<never> {
  const { held, signal } = standing
  const { entry, job } = held
  return {
    job,
    run: entry.run,
    payload,
    scheduled_for: new Date(entry.scheduled_for),
    attempt: entry.attempt,
    fence: entry.fence,
    signal,
    items,
    log: runLog(performing.emit, job, entry.run),
    cache: (key, load) => performing.cache.get(key, load),
    effect: notedEffect(notes, '', (key, act, options) =>
      performing.effect(performing, standing, key, act, options),
    ),
    each: eachOf(items, signal),
    limit: (key, rate) => performing.limits.take(key, rate, signal),
  }
}

function runLog(emit: Emit, job: string, run: string): RunLog {
  const line =
    (level: 'info' | 'warn' | 'error') =>
    (message: string, data: Readonly<Record<string, unknown>> = {}) =>
      emit({ kind: 'run_log', job, run, level, message, data })
  return { info: line('info'), warn: line('warn'), error: line('error') }
}

/** What the handler counted, as whole numbers; null when it did not count. */
function counted(items: ItemCount): Items | null {
  const { processed, succeeded, failed } = items
  if (processed === 0 && succeeded === 0 && failed === 0) return null
  return { processed: whole(processed), succeeded: whole(succeeded), failed: whole(failed) }
}

function whole(count: number): number {
  return Number.isFinite(count) ? Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.trunc(count))) : 0
}
