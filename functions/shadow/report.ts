import type { Intent } from '../job/outcome.ts'
import type { Path } from '../rollout/stage.ts'
import type { Mismatch } from './compare/judge.ts'
import type { Gap, Seen } from './compare/side.ts'
import type { Compared, Terms } from './compare.ts'
import { type Figures, figuresOf } from './report/figures.ts'
import { IGNORABLE, type IgnoreRule } from './rules.ts'

/** The most examples of one report, all jobs together. */
const MOST_EXAMPLES = 500

/** One side of an example. Without a run (`run: null`) it says why the path skipped it, as far as that is known. */
export interface ExampleSide {
  readonly run: string | null
  readonly path: Path
  readonly scheduled_for: string | null
  readonly started_at: string | null
  readonly status: string | null
  readonly error: string | null
  readonly attempts: number
  readonly payload_hash: string | null
  /** How many effects were asked for, their digest, and the first of them; null: not known. */
  readonly intents: {
    readonly count: number
    readonly digest: string
    readonly first: readonly Intent[]
  } | null
  readonly skip_reason: Gap['reason'] | null
}

/** A mismatch with both sides. */
export interface Example {
  readonly verdict: Mismatch
  readonly legacy: ExampleSide
  readonly tick: ExampleSide
}

/** What the comparison of one job comes to. */
export interface JobReport extends Figures {
  readonly job: string
  readonly tolerance_seconds: number
  readonly examples: readonly Example[]
}

/** An ignore rule and what it did: one that has expired sets nothing aside any more. */
export interface RuleReport extends Omit<IgnoreRule, 'until'> {
  readonly until: string
  readonly expired: boolean
  readonly ignored: number
}

/** Both paths side by side. Instants are ISO 8601, durations ms, rates 0 to 1. */
export interface ShadowReport {
  readonly status: 'on'
  readonly stage: number
  readonly shadow_path: Path
  /** The occurrences compared lie after `since` and up to `until`; null when no lane is compared yet. */
  readonly since: string | null
  readonly until: string | null
  /** False: there was more than may be read, so only what lies up to `until` was compared. */
  readonly complete: boolean
  readonly documents_read: number
  readonly documents_unreadable: number
  readonly total: Figures
  readonly jobs: readonly JobReport[]
  readonly rules: readonly RuleReport[]
}

/** What a report is made of. Instants in ms. */
export interface Reporting {
  readonly stage: number
  readonly shadow_path: Path
  readonly compared: readonly Compared[]
  readonly terms: ReadonlyMap<string, Terms>
  readonly rules: readonly IgnoreRule[]
  readonly now: number
  readonly since: number | null
  readonly until: number | null
  readonly complete: boolean
  readonly documents_read: number
  readonly documents_unreadable: number
  /** The most examples of one kind of mismatch and one job. */
  readonly examples: number
}

/** The report of a comparison, its jobs in the order of their names. */
export function reportOf(reporting: Reporting): ShadowReport {
  const { compared, shadow_path, stage } = reporting
  const { complete, documents_read, documents_unreadable } = reporting
  const total = figuresOf(compared, shadow_path)
  return {
    status: 'on',
    stage,
    shadow_path,
    since: iso(reporting.since),
    until: iso(reporting.until),
    complete,
    documents_read,
    documents_unreadable,
    total,
    jobs: jobReports(reporting),
    rules: reporting.rules.map((rule) => ruleReport(rule, reporting.now, compared)),
  }
}

function jobReports({ compared, shadow_path, terms, examples }: Reporting): JobReport[] {
  let left = MOST_EXAMPLES
  return [...Map.groupBy(compared, ({ job }) => job)].map(([job, found]) => {
    const shown = examplesOf(found, examples).slice(0, left)
    left -= shown.length
    const tolerance_seconds = (terms.get(job)?.tolerance_ms ?? 0) / 1000
    return { job, tolerance_seconds, ...figuresOf(found, shadow_path), examples: shown }
  })
}

/** The first ones of each kind: they show when it began. */
function examplesOf(found: readonly Compared[], most: number): Example[] {
  return IGNORABLE.flatMap((verdict) =>
    found
      .filter((one) => one.verdict === verdict)
      .slice(0, most)
      .map((one) => ({ verdict, legacy: sideOf('legacy', one), tick: sideOf('tick', one) })),
  )
}

function sideOf(path: Path, compared: Compared): ExampleSide {
  const run: Seen | null = compared[path]
  return {
    run: run?.id ?? null,
    path,
    scheduled_for: iso(run?.scheduled_for ?? null),
    started_at: iso(run?.started_at ?? null),
    status: run?.status ?? null,
    error: run?.error ?? null,
    attempts: run?.attempts.length ?? 0,
    payload_hash: run?.payload_hash ?? null,
    intents: run?.intents ?? null,
    skip_reason: run === null ? (compared.gap?.reason ?? null) : null,
  }
}

function ruleReport(rule: IgnoreRule, now: number, compared: readonly Compared[]): RuleReport {
  const ignored = compared.filter((one) => one.rule === rule.name && hasJob(rule, one)).length
  return { ...rule, until: iso(rule.until) ?? '', expired: rule.until <= now, ignored }
}

function hasJob({ job }: IgnoreRule, compared: Compared): boolean {
  return job === '*' || job === compared.job
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}
