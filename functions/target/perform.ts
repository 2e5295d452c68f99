import { TickoverError } from '../errors.ts'
import type { Items, Outcome } from '../job/outcome.ts'
import type { Emit } from '../observe/events.ts'
import type { Cache } from './cache.ts'
import { performEffect, type Recording, type Standing } from './effect.ts'
import { outcomeOf } from './failure.ts'
import type { Context, ItemCount, JobDefinition, RunLog } from './handler.ts'
import { toText } from './storable.ts'

/** What performing needs beside the attempt itself. */
export interface Performing extends Recording {
  readonly handlers: ReadonlyMap<string, JobDefinition>
  readonly cache: Cache
  readonly emit: Emit
}

/** Calls the handler of a held attempt once. Never rejects: what is thrown becomes an outcome here. */
export async function perform(performing: Performing, standing: Standing, payload: string): Promise<Outcome> {
  const items: ItemCount = { processed: 0, succeeded: 0, failed: 0 }
  try {
    const { job_type } = standing.held.run.fields
    const definition = performing.handlers.get(job_type)
    if (definition === undefined) throw new Error(`No handler registered for job type: ${job_type}`)
    const context = contextOf(performing, standing, readPayload(definition, payload), items)
    const result = await definition.run(context)
    return { kind: 'succeeded', result: toText(result), items: counted(items) }
  } catch (error) {
    return outcomeOf(error, counted(items))
  }
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
): Context<never> {
  const { held, signal } = standing
  const { entry, job } = held
  const effects = new Map<string, Promise<unknown>>()
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
    effect: <T>(key: string, act: (idempotencyKey: string) => Promise<T>) => {
      const begun = effects.get(key) ?? performEffect(performing, standing, key, act)
      effects.set(key, begun)
      begun.catch(() => effects.delete(key))
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what was stored under this key is what `act` returned
      return begun as Promise<T>
    },
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
