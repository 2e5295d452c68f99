import type { Books } from './books.ts'

/** How two revisions that followed each other claimed side by side. */
export interface Handover {
  readonly stages: readonly [number, number]
  /** From the first claim of the new one to the last of the old one, ms; negative: they did not overlap. */
  readonly both_ms: number
  /** Attempts of the old one since then. */
  readonly late: number
}

/** Every handover, from who made the attempts: their owners are ticks, and passes of the loop, which tell their revision. */
export function handovers({ runs, ticks }: Books): Handover[] {
  const byId = new Map(ticks.map((tick) => [tick.id, tick]))
  const claims = new Map<string, { stage: number; starts: number[] }>()
  for (const { owner, started_at } of runs.flatMap(({ attempts }) => attempts)) {
    const tick = byId.get(owner)
    if (tick === undefined) continue
    const known = claims.get(tick.revision) ?? { stage: tick.stage, starts: [] }
    claims.set(tick.revision, { ...known, starts: [...known.starts, started_at] })
  }
  const inOrder = [...claims].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, claimed]) => claimed)
  return inOrder.slice(1).map((next, index) => {
    const old = inOrder[index] ?? next
    const first = Math.min(...next.starts)
    const late = old.starts.filter((at) => at > first)
    return {
      stages: [old.stage, next.stage],
      both_ms: Math.max(...old.starts) - first,
      late: late.length,
    }
  })
}
