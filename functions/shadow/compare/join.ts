import type { Path } from '../../rollout/stage.ts'
import type { Seen } from './side.ts'

/** One occurrence as both sides performed it; null where one did not. Never both null. */
export interface Pair {
  readonly live: Seen | null
  readonly shadow: Seen | null
}

type Joined = Pair & { readonly live: Seen; readonly shadow: Seen }

/** Both sides performed it. */
export function isJoined(pair: Pair): pair is Joined {
  return pair.live !== null && pair.shadow !== null
}

/**
 * Joins the runs of one job: by id, then what is left by the nearest scheduled instant, at most `tolerance_ms` apart. A
 * run has one partner at most. Runs that the live side made on the shadow's path (a canary of that time) are no
 * comparison and are left out with their partners, as are shadow runs that another path left behind.
 */
export function join(
  live: readonly Seen[],
  shadow: readonly Seen[],
  tolerance_ms: number,
  shadow_path: Path,
): Pair[] {
  const shadows = new Map(shadow.map((run) => [run.id, run]))
  const lives = new Set(live.map(({ id }) => id))
  const pairs: Pair[] = [
    ...live.map((run) => ({ live: run, shadow: shadows.get(run.id) ?? null })),
    ...shadow.filter(({ id }) => !lives.has(id)).map((run) => ({ live: null, shadow: run })),
  ].filter((pair) => isOfTwoPaths(pair, shadow_path))
  const alone = pairs.filter((pair) => !isJoined(pair))
  return [...pairs.filter(isJoined), ...joinNearest(of(alone, 'live'), of(alone, 'shadow'), tolerance_ms)]
}

function isOfTwoPaths({ live, shadow }: Pair, shadow_path: Path): boolean {
  return live?.attempts[0]?.path !== shadow_path && (shadow?.attempts[0]?.path ?? shadow_path) === shadow_path
}

function of(pairs: readonly Pair[], side: keyof Pair): Seen[] {
  const runs = pairs.map((pair) => pair[side]).filter((run) => run !== null)
  return runs.toSorted((a, b) => a.scheduled_for - b.scheduled_for)
}

/** Walks both lists once, in order: the earlier of two heads goes alone where its successor is nearer to the other head. */
function joinNearest(live: readonly Seen[], shadow: readonly Seen[], tolerance_ms: number): Pair[] {
  const pairs: Pair[] = []
  let [l, s] = [0, 0]
  for (let [a, b] = [live[l], shadow[s]]; a !== undefined || b !== undefined; [a, b] = [live[l], shadow[s]]) {
    const apart = distance(a, b)
    const nearer = distance(live[l + 1], b) < apart || distance(a, shadow[s + 1]) < apart
    const joins = apart <= tolerance_ms && !nearer
    const takesLive = joins || instantOf(a) <= instantOf(b)
    const takesShadow = joins || !takesLive
    pairs.push({ live: takesLive ? (a ?? null) : null, shadow: takesShadow ? (b ?? null) : null })
    l += Number(takesLive)
    s += Number(takesShadow)
  }
  return pairs
}

function distance(a: Seen | undefined, b: Seen | undefined): number {
  return a === undefined || b === undefined
    ? Number.POSITIVE_INFINITY
    : Math.abs(a.scheduled_for - b.scheduled_for)
}

function instantOf(run: Seen | undefined): number {
  return run?.scheduled_for ?? Number.POSITIVE_INFINITY
}
