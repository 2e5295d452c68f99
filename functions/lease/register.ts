import { TickoverError } from '../errors.ts'
import { closeAccounts, type Definition, isDefinedAs, newJob, redefine } from '../job/definition.ts'
import type { Job } from '../job/job.ts'
import { parseJob } from '../job/parse.ts'
import type { Skip } from '../job/run.ts'
import { claimableAt, toFields } from '../job/stored.ts'
import { type Change, type Documents, MOST_CHANGES, type Stored } from '../store/documents.ts'
import { jobRef, runRef } from './held.ts'
import { skipId, skipRecords } from './skips.ts'

/** Tries at one job that others change at the same time. */
const MOST_COMMITS = 20

/**
 * Brings the stored jobs in line with their definitions: cheap when nothing changed, safe from any number of processes
 * at once. A change of definition first closes, in a commit of its own, what fell due under the old one; state stays.
 * Rejects with `store_unreachable`.
 */
export async function register(documents: Documents, definitions: readonly Definition[]): Promise<void> {
  for (let first = 0; first < definitions.length; first += MOST_CHANGES) {
    const some = definitions.slice(first, first + MOST_CHANGES)
    const { value, time } = await documents.get(some.map(({ name }) => jobRef(name)))
    const missing = some.filter((_, index) => (value[index] ?? null) === null)
    const all = missing.length === 0 || (await createAll(documents, missing, time))
    const others = all ? some.filter((definition) => !missing.includes(definition)) : some
    for (const definition of others) {
      const stored = value[some.indexOf(definition)] ?? null
      if (!stands(stored, definition)) await registerOne(documents, definition)
    }
  }
}

/** One commit for all; false when another process was faster with one of them. */
async function createAll(
  documents: Documents,
  definitions: readonly Definition[],
  now: number,
): Promise<boolean> {
  const committed = await documents.commit(definitions.map((definition) => creation(definition, now)))
  return committed.outcome === 'done'
}

async function registerOne(documents: Documents, definition: Definition): Promise<void> {
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const { value, time: now } = await documents.get([jobRef(definition.name)])
    const stored = value[0] ?? null
    if (stands(stored, definition)) return
    await documents.commit(
      stored === null ? [creation(definition, now)] : await towards(documents, stored, definition, now),
    )
  }
  throw new TickoverError(
    'store_unreachable',
    `The job ${definition.name} could not be registered; it is tried again at the next tick.`,
  )
}

/**
 * Is nothing to be done? A damaged job is left to people; a mended one gets its place in the queue back, and one of before
 * `defined_at` was stored gets that, since a shadow finds jobs by it.
 */
function stands(stored: Stored | null, definition: Definition): boolean {
  if (stored === null) return false
  const job = parseJob(stored)
  if (!job.ok) return true
  const { claimable_at, defined_at } = stored.fields
  const isInPlace = claimable_at === claimableAt(job.value) && typeof defined_at === 'number'
  return isInPlace && isDefinedAs(job.value, definition)
}

/** The next step towards the definition: first close the accounts, then take it over. */
async function towards(
  documents: Documents,
  stored: Stored,
  definition: Definition,
  now: number,
): Promise<Change[]> {
  const parsed = parseJob(stored)
  if (!parsed.ok) return []
  const job = parsed.value
  const isOpen = job.next_run_at !== null && job.next_run_at <= now
  if (!isOpen || isDefinedAs(job, definition)) return [update(stored, redefine(job, definition, now))]
  const closed = closeAccounts(job, now)
  return [update(stored, closed.job), ...(await newRecords(documents, job, closed.skips, now))]
}

/** The records of skipped occurrences, but for those that are there already. */
async function newRecords(
  documents: Documents,
  job: Job,
  skips: readonly Skip[],
  now: number,
): Promise<Change[]> {
  if (skips.length === 0) return []
  const { value } = await documents.get(skips.map((skip) => runRef(skipId(job, skip))))
  const recorded = new Set(value.map((stored) => stored?.ref.id))
  return skipRecords(job, skips, (id) => recorded.has(id), now)
}

function creation(definition: Definition, now: number): Change {
  return { kind: 'create', ref: jobRef(definition.name), fields: toFields(newJob(definition, now)) }
}

function update({ ref, version }: Stored, job: Job): Change {
  return { kind: 'update', ref, version, fields: toFields(job) }
}
