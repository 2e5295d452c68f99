import type { Config } from '../config.ts'
import type { Job } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import { DEFAULT_POLICIES } from '../job/policies.ts'
import { epochOf } from '../rollout/stage.ts'
import type { Documents, Fields } from '../store/documents.ts'
import type { Gap } from './compare/side.ts'
import type { Terms } from './compare.ts'

/** The most documents of one read. */
const MOST_REFS = 1_000

/** A job as both sides have it; null where it is not there, or cannot be read. */
export interface Known {
  readonly live: Job | null
  readonly shadow: Job | null
  /** Its comparison begins after this instant (ms); null: its shadow has not begun under the flags of now. */
  readonly since: number | null
}

/** Since when each lane is compared (ms); a lane whose shadow has not begun under the flags of now is not here. */
export async function readBeginnings(
  documents: Documents,
  config: Config,
): Promise<ReadonlyMap<string, number>> {
  const lanes = config.lanes.map(({ name }) => name)
  const refs = lanes.map((id) => ({ collection: 'scheduler_shadow_marks', id }) as const)
  const { value } = await documents.get(refs)
  const marks = lanes.map((lane, n) => [lane, sinceOf(value[n]?.fields, epochOf(config))] as const)
  return new Map(marks.flatMap(([lane, since]) => (since === null ? [] : [[lane, since]])))
}

/** The jobs of these names on both sides. */
export async function readKnown(
  documents: Documents,
  names: readonly string[],
  config: Config,
): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>()
  const epoch = epochOf(config)
  for (let first = 0; first < names.length; first += MOST_REFS / 2) {
    const some = names.slice(first, first + MOST_REFS / 2)
    const live = some.map((id) => ({ collection: 'scheduler_jobs', id }) as const)
    const shadow = some.map((id) => ({ collection: 'scheduler_shadow_jobs', id }) as const)
    const { value } = await documents.get([...live, ...shadow])
    some.forEach((name, n) => {
      const copy = value[some.length + n] ?? null
      known.set(name, {
        live: jobOf(value[n] ?? null),
        shadow: jobOf(copy),
        since: sinceOf(copy?.fields, epoch),
      })
    })
  }
  return known
}

/**
 * What each job is compared by; `lanes` is by job. One without a shadow of its own is compared since its lane is: a job
 * that the other path misses shows.
 */
export function termsOf(
  lanes: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, Known>,
  beginnings: ReadonlyMap<string, number>,
  { tolerance_seconds }: Pick<Config, 'tolerance_seconds'>,
): ReadonlyMap<string, Terms> {
  const terms = new Map<string, Terms>()
  for (const [name, lane] of lanes) {
    const job = known.get(name)
    const since = job?.since ?? beginnings.get(lane)
    if (since === undefined) continue
    const { shadow_tolerance_seconds, overlap } = (job?.shadow ?? job?.live)?.policies ?? DEFAULT_POLICIES
    terms.set(name, {
      since,
      tolerance_ms: (shadow_tolerance_seconds ?? tolerance_seconds) * 1000,
      overlap,
    })
  }
  return terms
}

/**
 * Occurrences that a job leaves open, as it stands: a paused one closes none until it is enabled, and one without a free
 * slot comes to them later. `now` (ms) is before the runs were read, so a slot that came free since counts as taken.
 */
export function openGaps(job: Job, now: number): Gap[] {
  const { name, enabled, next_run_at, full_since, full_until, policies } = job
  const gaps: Gap[] = []
  if (!enabled && next_run_at !== null)
    gaps.push({ job: name, reason: 'paused', first_at: next_run_at, last_at: now })
  if (full_since !== null && (full_until === null || full_until > now) && policies.overlap !== 'replace') {
    const first_at = Math.min(full_since + 1, next_run_at ?? Number.POSITIVE_INFINITY)
    gaps.push({ job: name, reason: 'undecided', first_at, last_at: now })
  }
  return gaps
}

function jobOf(stored: Parameters<typeof parseJob>[0] | null): Job | null {
  const parsed = stored === null ? null : parseJob(stored)
  return parsed?.ok === true ? parsed.value : null
}

/** A mark of another epoch is of a comparison that has ended. */
function sinceOf(fields: Fields | undefined, epoch: string): number | null {
  if (fields?.epoch !== epoch || typeof fields.shadow_since !== 'number') return null
  return fields.shadow_since
}
