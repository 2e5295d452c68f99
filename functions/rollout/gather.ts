import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import { occurrences } from '../schedule/schedule.ts'
import type { Documents } from '../store/documents.ts'
import { type Evidence, NO_PROBES, type Reading } from './evidence.ts'
import { durationsOf, growthOf, revisionsOf, storeOf, sum, sumsOf } from './gather/figures.ts'
import { type Held, leasesOf, readSchedules, readStanding, type Standing } from './gather/jobs.ts'
import { type Allowance, allowance, pages } from './gather/pages.ts'
import { countRuns } from './gather/runs.ts'
import { shadowTotals } from './gather/shadow.ts'
import { countSlots, scheduleOf } from './gather/slots.ts'
import { isOfOther, MOST_DAYS, readTicks, stageSince, type Tick } from './gather/ticks.ts'

/** All that evidence is gathered from. */
export interface Sources {
  readonly config: Config
  readonly clock: Clock
  readonly documents: Documents
  /** The job types that have a handler here. */
  readonly handlers: readonly string[]
}

type Window = Evidence['window']
type FromTicks = Pick<
  Evidence,
  'ticks' | 'tick_durations' | 'tick_sums' | 'store' | 'backlog' | 'leases' | 'revisions'
>

const DAY_MS = 86_400_000
const MOST_SLOTS = 1_500

/**
 * Gathers what the store and the flags can tell. The window goes from when this stage began until now, over 31 days at most;
 * with `from` (ms) no tick and no run before that is read. Reads at most 100,000 documents, and the comparison as many more;
 * says what was cut off. Rejects with `store_unreachable`.
 */
export async function gather(sources: Sources, from: number | null): Promise<Evidence> {
  const { config, clock, documents } = sources
  const lanes = config.lanes.map(({ name }) => name)
  const now = clock.now()
  const cadence_ms = longestGap(config, now)
  const read = reader()
  const standing = await read('jobs', (allowed) =>
    readStanding(
      documents,
      lanes,
      { now, lease_ms: config.lease_seconds * 1000, overdue_ms: 2 * cadence_ms },
      allowed,
    ),
  )
  const schedules = await read('jobs', (allowed) => readSchedules(documents, allowed))
  const first = Math.max(from ?? 0, now - MOST_DAYS * DAY_MS)
  const seen = await read('ticks', (allowed) =>
    readTicks(documents, lanes, config.stage, [first, now], allowed),
  )
  const stage_since = stageSince(seen, config.stage)
  const isWhole = from !== null && !seen.some((tick) => isOfOther(tick, config.stage))
  const window = { since: isWhole ? first : (stage_since ?? now), until: now }
  const timing = { cadence_ms, schedules }
  const runs = await read('runs', (allowed) => countRuns(documents, lanes, window, timing, allowed))
  const legacy_reports = await read('audit', (allowed) => countReports(documents, window, allowed))
  const inWindow = seen.filter(({ started_at }) => started_at >= window.since)
  return {
    ...settingsOf(sources, now),
    cadence_seconds: cadence_ms / 1000,
    stage_since,
    window,
    ...fromTicks(config, seen, window, standing),
    runs,
    duplicates: {
      settled: sum(inWindow, 'duplicates'),
      effects: sum(inWindow, 'effects_repeated'),
      legacy_reports,
    },
    shadow: await shadowTotals(documents, config, window),
    probes: NO_PROBES,
    cut_off: read.cutOff(),
  }
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
  { held, overdue }: Standing,
): FromTicks {
  const ticks = seen.filter(({ path, started_at }) => path === 'tick' && started_at >= window.since)
  const living: readonly Held[] = held.filter(({ path, until }) => path === 'tick' && until > window.until)
  return {
    ticks: countSlots(config, window, ticks, living),
    tick_durations: durationsOf(ticks, config.lanes),
    tick_sums: sumsOf(ticks),
    store: storeOf(ticks),
    backlog: { overdue, samples: ticks.length, ...growthOf(ticks) },
    leases: leasesOf(held, window.until),
    revisions: revisionsOf(seen),
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

/** The longest time between two ticks in the two days to come, in ms; a day when it is longer. */
function longestGap(config: Config, now: number): number {
  const ticks = occurrences(scheduleOf(config, null), now, now + 2 * DAY_MS, MOST_SLOTS)
  const gaps = ticks.slice(1).map((at, index) => at - (ticks[index] ?? at))
  return Math.max(...gaps, ticks.length < 2 ? DAY_MS : 0)
}

/** Reads under one allowance, and remembers what was cut off by it. */
function reader() {
  const allowed = allowance()
  const cut = new Set<Reading>()
  const read = async <T>(what: Reading, work: (allowed: Allowance) => Promise<T>): Promise<T> => {
    allowed.cut = false
    const found = await work(allowed)
    if (allowed.cut) cut.add(what)
    return found
  }
  return Object.assign(read, { cutOff: () => [...cut] })
}
