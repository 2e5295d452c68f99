import { z } from 'zod'
import type { Documents, Stored } from '../../store/documents.ts'
import { backwards } from './backwards.ts'

const instant = z.number()
const count = z.number().default(0)

/** What gates read of a tick's document. One of a time before a field was written has none of what it counts. */
const TICK = z.object({
  lane: z.string(),
  stage: z.number().default(-1),
  path: z.enum(['legacy', 'tick']).default('tick'),
  revision: z.string().default(''),
  status: z.string(),
  started_at: instant,
  duration_ms: z.number(),
  jobs_checked: count,
  jobs_due: count,
  jobs_executed: count,
  jobs_succeeded: count,
  jobs_failed: count,
  duplicates: count,
  effects_repeated: count,
  store_calls: count,
  store_errors: count,
  store_ms: count,
})

export type Tick = z.infer<typeof TICK>

/** The ticks that were read, oldest first: all there are from `read_from` (ms) on. */
export interface Seen {
  readonly ticks: readonly Tick[]
  readonly read_from: number
}

/**
 * The ticks between two instants (ms), but none of the parts before the one in which another stage last stood. Where there are
 * more than can be read, the newest.
 */
export async function readTicks(
  documents: Documents,
  lanes: readonly string[],
  stage: number,
  between: readonly [number, number],
): Promise<Seen> {
  const parts: Tick[][] = []
  let read_from = between[1]
  for await (const { since, found } of backwards(documents, 'ticks', lanes, between)) {
    const ticks = found.flatMap(toTick)
    parts.unshift(ticks)
    read_from = since
    if (ticks.some((tick) => isOfOther(tick, stage))) break
  }
  return { ticks: inOrder(parts.flat()), read_from }
}

/** Does a tick tell another stage? The loop tells none of its own. */
export function isOfOther({ path, stage }: Tick, standing: number): boolean {
  return path === 'tick' && stage !== standing
}

/** The ticks, oldest first. */
export function inOrder(ticks: readonly Tick[]): Tick[] {
  return ticks.toSorted((a, b) => a.started_at - b.started_at)
}

/** None of a document that is no tick. */
export function toTick({ fields }: Stored): Tick[] {
  const parsed = TICK.safeParse(fields)
  return parsed.success ? [parsed.data] : []
}
