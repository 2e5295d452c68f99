import type { Path } from '../../rollout/stage.ts'
import { percentile } from '../../tick/report.ts'
import type { Seen } from '../compare/side.ts'
import type { Compared } from '../compare.ts'

/** Counted apart: neither agreement nor mismatch are `pending` and `ignored`. */
export type Counts = Readonly<Record<Compared['verdict'], number>>

/** Percentiles in ms over so many samples; null of none. */
export interface Spread {
  readonly samples: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

/** How many of those that ended failed; a rate of 0 to 1, null of none. */
export interface Errors {
  readonly ended: number
  readonly failed: number
  readonly rate: number | null
}

/** How one path did. A shadow that only plans calls no handler, so it has neither durations nor errors. */
export interface PathFigures {
  readonly runs: number
  /** How many of them did not call their handler. */
  readonly planned: number
  /** Start of the first attempt minus its scheduled instant. */
  readonly lateness: Spread
  /** Of first attempts that came to their own end. */
  readonly durations: Omit<Spread, 'p99_ms'>
  /** An attempt whose holder died failed; one that was given back did not end. */
  readonly first_attempt_errors: Errors
  readonly run_errors: Errors
}

/** What a comparison comes to. */
export interface Figures {
  /** Matches and mismatches. */
  readonly compared: number
  /** Matches among those compared, 0 to 1; null when there are none. */
  readonly agreement: number | null
  readonly verdicts: Counts
  /** How many were ignored, by the name of the rule. */
  readonly ignored: Readonly<Record<string, number>>
  readonly legacy: PathFigures
  readonly tick: PathFigures
}

/** Sums up what was compared. */
export function figuresOf(found: readonly Compared[], shadow_path: Path): Figures {
  const verdicts = countVerdicts(found)
  const compared = found.length - verdicts.pending - verdicts.ignored
  return {
    compared,
    agreement: compared === 0 ? null : verdicts.match / compared,
    verdicts,
    ignored: countIgnored(found),
    legacy: pathFigures(runsOf(found, 'legacy'), shadow_path === 'legacy'),
    tick: pathFigures(runsOf(found, 'tick'), shadow_path === 'tick'),
  }
}

function countVerdicts(found: readonly Compared[]): Counts {
  const counts = {
    match: 0,
    only_legacy: 0,
    only_tick: 0,
    late: 0,
    intents_differ: 0,
    outcome_differs: 0,
    pending: 0,
    ignored: 0,
  }
  for (const { verdict } of found) counts[verdict]++
  return counts
}

function countIgnored(found: readonly Compared[]): Record<string, number> {
  const byRule = Map.groupBy(found, ({ rule }) => rule)
  return Object.fromEntries([...byRule].flatMap(([rule, all]) => (rule === null ? [] : [[rule, all.length]])))
}

function runsOf(found: readonly Compared[], path: Path): Seen[] {
  return found.map((one) => one[path]).filter((run) => run !== null)
}

function pathFigures(runs: readonly Seen[], isShadow: boolean): PathFigures {
  const handled = isShadow ? runs.filter(({ intents }) => intents !== null) : runs
  const firsts = handled.map(({ attempts }) => attempts[0]).filter((first) => first !== undefined)
  const { p99_ms: _, ...durations } = spreadOf(firsts.flatMap(durationOf))
  return {
    runs: runs.length,
    planned: runs.length - handled.length,
    lateness: spreadOf(runs.map((run) => run.started_at - run.scheduled_for)),
    durations,
    first_attempt_errors: errorsOf(
      firsts.map(({ outcome }) => outcome),
      ['failed', 'lost'],
    ),
    run_errors: errorsOf(
      handled.map(({ status }) => status),
      ['failed'],
    ),
  }
}

function durationOf({ outcome, started_at, ended_at }: Seen['attempts'][number]): number[] {
  const isOwnEnd = outcome === 'succeeded' || outcome === 'failed'
  return isOwnEnd && ended_at !== null ? [ended_at - started_at] : []
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  return {
    samples: sorted.length,
    p50_ms: percentile(sorted, 0.5),
    p95_ms: percentile(sorted, 0.95),
    p99_ms: percentile(sorted, 0.99),
  }
}

function errorsOf(ends: readonly (string | null)[], failures: readonly string[]): Errors {
  const failed = ends.filter((end) => end !== null && failures.includes(end)).length
  const ended = failed + ends.filter((end) => end === 'succeeded').length
  return { ended, failed, rate: ended === 0 ? null : failed / ended }
}
