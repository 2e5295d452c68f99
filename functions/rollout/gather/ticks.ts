import { z } from 'zod'
import type { Documents, Stored } from '../../store/documents.ts'
import { type Allowance, pages } from './pages.ts'

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
})

export type Tick = z.infer<typeof TICK>

const DAY_MS = 86_400_000
/** The most that a gate looks back. */
export const MOST_DAYS = 31

/**
 * The ticks between two instants (ms), but none of the days before the one in which another stage last stood; oldest first. Read
 * by days, since what counts is at the end of a list that can be read only from its beginning.
 */
export async function readTicks(
  documents: Documents,
  lanes: readonly string[],
  stage: number,
  [first, until]: readonly [number, number],
  allowed: Allowance,
): Promise<Tick[]> {
  const days: Tick[][] = []
  for (let end = until; end >= first && !allowed.cut; end -= DAY_MS) {
    const day: Tick[] = []
    const bounds = [Math.max(first, end - DAY_MS + 1), end] as const
    for (const lane of lanes)
      for await (const page of pages(documents, { shape: 'ticks', equals: lane }, bounds, allowed))
        day.push(...page.flatMap(parse))
    days.unshift(day)
    if (day.some((tick) => isOfOther(tick, stage))) break
  }
  return days.flat().toSorted((a, b) => a.started_at - b.started_at)
}

/** Since when the ticks have told this stage and no other; null when the last one tells another, or there is none. */
export function stageSince(ticks: readonly Tick[], stage: number): number | null {
  const last = ticks.findLastIndex((tick) => isOfOther(tick, stage))
  return ticks.slice(last + 1).find(({ path }) => path === 'tick')?.started_at ?? null
}

/** Does a tick tell another stage? The loop tells none of its own. */
export function isOfOther({ path, stage }: Tick, standing: number): boolean {
  return path === 'tick' && stage !== standing
}

function parse({ fields }: Stored): Tick[] {
  const parsed = TICK.safeParse(fields)
  return parsed.success ? [parsed.data] : []
}
