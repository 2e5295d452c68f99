import type { Overlap } from '../job/policies.ts'
import type { Path } from '../rollout/stage.ts'
import { join, type Pair } from './compare/join.ts'
import { gapOf, type Judgement, judge, type Scene } from './compare/judge.ts'
import { courseOf, type Gap, type Seen, type Side } from './compare/side.ts'
import { turnsOf } from './compare/turn.ts'
import type { IgnoreRule } from './rules.ts'

/** What a job's runs are compared by. */
export interface Terms {
  /** Its comparison begins after this instant (ms). */
  readonly since: number
  /** How far apart both paths may start one run. */
  readonly tolerance_ms: number
  readonly overlap: Overlap
}

/** All that a comparison goes by. Instants in ms. */
export interface Comparing {
  readonly live: Side
  readonly shadow: Side
  readonly shadow_path: Path
  /** By job; one that is not here is not compared. */
  readonly terms: ReadonlyMap<string, Terms>
  readonly rules: readonly IgnoreRule[]
  readonly now: number
  /** Only occurrences after `from`, up to `to`. */
  readonly from: number
  readonly to: number
}

/** One occurrence with its verdict, and the run of each path; null where that path did not perform it. */
export type Compared = Judgement & {
  readonly job: string
  readonly legacy: Seen | null
  readonly tick: Seen | null
  /** Why the path that did not perform it skipped it, as far as it says. */
  readonly gap: Gap | null
}

/**
 * Compares what both sides recorded, job by job in the order of their names and instants. Each occurrence that a side
 * performed after the job's `since`, and long enough ago for the other side to have begun it too, has one verdict.
 */
export function compare(comparing: Comparing): readonly Compared[] {
  const live = byJob(comparing.live)
  const shadow = byJob(comparing.shadow)
  const jobs = [...comparing.terms].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return jobs.flatMap(([job, terms]) => compareJob(job, terms, live(job), shadow(job), comparing))
}

function byJob({ runs, gaps }: Side): (job: string) => Side {
  const [runsOf, gapsOf] = [Map.groupBy(runs, ({ job }) => job), Map.groupBy(gaps, ({ job }) => job)]
  return (job) => ({ runs: runsOf.get(job) ?? [], gaps: gapsOf.get(job) ?? [] })
}

function compareJob(
  job: string,
  { since, tolerance_ms, overlap }: Terms,
  live: Side,
  shadow: Side,
  { shadow_path, rules, now, from, to }: Comparing,
): Compared[] {
  const pairs = join(live.runs, shadow.runs, tolerance_ms, shadow_path)
  const scene: Scene = {
    shadow_path,
    tolerance_ms,
    overlap,
    live: courseOf(live.runs, live.gaps),
    shadow: courseOf(shadow.runs, shadow.gaps),
    turns: turnsOf(pairs),
    rules: rules.filter((rule) => (rule.job === '*' || rule.job === job) && now < rule.until),
  }
  const [after, upTo] = [Math.max(since, from), Math.min(to, now - tolerance_ms)]
  return pairs
    .filter((pair) => instantsOf(pair).some((at) => after < at && at <= upTo))
    .toSorted((a, b) => Math.min(...instantsOf(a)) - Math.min(...instantsOf(b)))
    .map((pair) => ({
      ...judge(pair, scene),
      ...byPath(pair, shadow_path),
      job,
      gap: gapOf(pair, scene) ?? null,
    }))
}

function instantsOf({ live, shadow }: Pair): number[] {
  return [live, shadow].filter((run) => run !== null).map((run) => run.scheduled_for)
}

function byPath({ live, shadow }: Pair, shadow_path: Path): Pick<Compared, Path> {
  return shadow_path === 'tick' ? { legacy: live, tick: shadow } : { legacy: shadow, tick: live }
}
