import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { Documents } from '../store/documents.ts'
import { type Evidence, NO_PROBES } from './evidence.ts'
import { type StageAge, stageAge } from './gather/age.ts'
import { DAY_MS } from './gather/backwards.ts'
import { durationsOf, growthOf, revisionsOf, storeOf, sum, sumsOf } from './gather/figures.ts'
import { type Held, leasesOf, readRecurring, readStanding, type Standing } from './gather/jobs.ts'
import { type Allowance, allowance, pages } from './gather/pages.ts'
import { countRuns } from './gather/runs.ts'
import { shadowTotals } from './gather/shadow.ts'
import { countSlots, longestGap } from './gather/slots.ts'
import { readTicks, type Tick } from './gather/ticks.ts'

/** All that evidence is gathered from. */
export interface Sources {
  readonly config: Config
  readonly clock: Clock
  readonly documents: Documents
  /** The job types that have a handler here. */
  readonly handlers: readonly string[]
}

type Window = Evidence['window']
type FromTicks = Pick<Evidence, 'ticks' | 'tick_durations' | 'tick_sums' | 'store' | 'backlog' | 'leases'>

/** The most that a gate looks back. */
const MOST_DAYS = 31

/**
 * Gathers what the store and the flags can tell. The window goes from when this stage began until now, over 31 days at most;
 * with `from` (ms) no tick and no run before that is counted. Of each kind of document it reads 50,000 at most (the comparison
 * has a bound of its own), of ticks and runs the newest, and says what it left out. Rejects with `store_unreachable`.
 */
export async function gather(sources: Sources, from: number | null): Promise<Evidence> {
  const { config, clock, documents } = sources
  const lanes = config.lanes.map(({ name }) => name)
  const now = clock.now()
  const cadence_ms = longestGap(config, now)
  const [ofJobs, ofAudit] = [allowance(), allowance()]
  const { schedules, lanes: named } = await readRecurring(documents, ofJobs)
  // Jobs may still be in a lane that was renamed or taken away: they wait, too.
  const standing = await readStanding(documents, [...new Set([...lanes, ...named])], config, ofJobs)
  const earliest = now - MOST_DAYS * DAY_MS
  const first = Math.max(from ?? earliest, earliest)
  const seen = await readTicks(documents, lanes, config.stage, [first, now])
  const age = await stageAge(documents, lanes, config.stage, earliest, seen)
  const window = { since: from === null ? (age.since ?? now) : beginOf(age, first, now), until: now }
  const runs = await countRuns(documents, lanes, window, { cadence_ms, schedules })
  const counted = { since: Math.max(window.since, seen.read_from), until: now }
  const ticks = seen.ticks.filter(({ started_at }) => started_at >= counted.since)
  return {
    ...settingsOf(sources, now),
    cadence_seconds: cadence_ms / 1000,
    stage_since: age.since,
    window,
    read_from: { ticks: seen.read_from, runs: runs.read_from },
    ...fromTicks(config, ticks, counted, standing),
    revisions: revisionsOf(seen.ticks),
    runs: runs.counts,
    duplicates: {
      settled: sum(ticks, 'duplicates'),
      effects: sum(ticks, 'effects_repeated'),
      legacy_reports: await countReports(documents, window, ofAudit),
    },
    shadow: await shadowTotals(documents, config, window),
    probes: NO_PROBES,
    cut_off: [...(ofJobs.cut ? ['jobs' as const] : []), ...(ofAudit.cut ? ['audit' as const] : [])],
  }
}

/** A window that is asked for begins when it was asked to, but not in another stage. */
function beginOf({ since, changed }: StageAge, first: number, now: number): number {
  return changed ? Math.max(first, since ?? now) : first
}

function settingsOf({ config, handlers }: Sources, now: number) {
  const { stage, environment, storage, revision, audience, cadence, lanes, lease_seconds } = config
  return {
    read_at: now,
    stage,
    environment,
    storage,
    revision,
    audience,
    cadence,
    lanes: [...lanes],
    lease_seconds,
    handlers: { expected: [...config.expected_jobs], registered: [...handlers] },
  }
}

function fromTicks(
  config: Config,
  seen: readonly Tick[],
  window: Window,
  { at, held, overdue }: Standing,
): FromTicks {
  const ticks = seen.filter(({ path }) => path === 'tick')
  const living: readonly Held[] = held.filter(({ path, until }) => path === 'tick' && until > at)
  return {
    ticks: countSlots(config, window, ticks, living),
    tick_durations: durationsOf(ticks, config.lanes),
    tick_sums: sumsOf(ticks),
    store: storeOf(ticks),
    backlog: { overdue, samples: ticks.length, ...growthOf(ticks) },
    leases: leasesOf(held, at),
  }
}

/** Reports of an outside scheduler that were refused although their run had been performed. */
async function countReports(
  documents: Documents,
  { since, until }: Window,
  allowed: Allowance,
): Promise<number> {
  let performed = 0
  const asked = { shape: 'audit', equals: 'legacy_report_refused' } as const
  for await (const page of pages(documents, asked, [since, until], allowed))
    performed += page.filter(({ fields }) => fields.performed === true).length
  return performed
}
