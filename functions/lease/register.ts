import { TickoverError } from '../errors.ts'
import { type Definition, newJob } from '../job/definition.ts'
import type { Job } from '../job/job.ts'
import { isRegisteredAs, type Registration, reregister } from '../job/overrides.ts'
import { parseJob } from '../job/parse.ts'
import { claimableAt, toFields } from '../job/stored.ts'
import { type Change, type Documents, MOST_CHANGES, type Stored } from '../store/documents.ts'
import { stepTowards } from './change.ts'
import { jobRef } from './held.ts'

/** Tries at one job that others change at the same time. */
const MOST_COMMITS = 20

/** What is written in the same commit as a job that is made or changed; `before` is null for a new one. */
export type Beside = (before: Job | null, after: Job, now: number) => readonly Change[]

/** What enrolling goes by. */
export interface Enrolling {
  readonly beside: Beside
  /** Throws for a document whose name is not to be taken; asked of every copy that is decided on. */
  readonly requireOwn: (standing: Stored) => void
}

const PLAIN: Enrolling = { beside: () => [], requireOwn: () => undefined }

/** Brings the coded jobs into the store, as `enrol` does; whether one is paused is not the code's business. */
export function register(documents: Documents, definitions: readonly Definition[]): Promise<void> {
  return enrol(
    documents,
    definitions.map((definition) => ({ definition, enabled: null })),
  )
}

/**
 * Brings the stored jobs in line with their registrations: cheap when nothing changed, safe from any number of processes
 * at once. A change of definition first closes, in a commit of its own, what fell due under the old one; state and
 * operators' choices stay. Rejects with `store_unreachable`.
 */
export async function enrol(
  documents: Documents,
  registrations: readonly Registration[],
  enrolling: Enrolling = PLAIN,
): Promise<void> {
  for (let first = 0; first < registrations.length; first += MOST_CHANGES) {
    const some = registrations.slice(first, first + MOST_CHANGES)
    const { value, time } = await documents.get(some.map(({ definition }) => jobRef(definition.name)))
    const missing = some.filter((_, index) => (value[index] ?? null) === null)
    const all = missing.length === 0 || (await createAll(documents, missing, enrolling, time))
    const others = all ? some.filter((registration) => !missing.includes(registration)) : some
    for (const registration of others) {
      const stored = value[some.indexOf(registration)] ?? null
      if (stored !== null) enrolling.requireOwn(stored)
      if (!stands(stored, registration)) await registerOne(documents, registration, enrolling)
    }
  }
}

/** One commit for all; false when another process was faster with one of them. */
async function createAll(
  documents: Documents,
  registrations: readonly Registration[],
  { beside }: Enrolling,
  now: number,
): Promise<boolean> {
  const changes = registrations.flatMap((registration) => creation(registration, beside, now))
  if (changes.length > MOST_CHANGES) return false
  return (await documents.commit(changes)).outcome === 'done'
}

async function registerOne(
  documents: Documents,
  registration: Registration,
  { beside, requireOwn }: Enrolling,
): Promise<void> {
  for (let commits = 0; commits < MOST_COMMITS; commits++) {
    const { value, time: now } = await documents.get([jobRef(registration.definition.name)])
    const stored = value[0] ?? null
    if (stored !== null) requireOwn(stored)
    if (stands(stored, registration)) return
    await documents.commit(
      stored === null
        ? creation(registration, beside, now)
        : await towards(documents, stored, registration, beside, now),
    )
  }
  throw new TickoverError(
    'store_unreachable',
    `The job ${registration.definition.name} could not be registered; it is tried again at the next tick.`,
  )
}

/**
 * Is nothing to be done? A damaged job is left to people; a mended one gets its place in the queue back, and one of before
 * `defined_at` was stored gets that, since a shadow finds jobs by it.
 */
function stands(stored: Stored | null, registration: Registration): boolean {
  if (stored === null) return false
  const job = parseJob(stored)
  if (!job.ok) return true
  const { claimable_at, defined_at } = stored.fields
  const isInPlace = claimable_at === claimableAt(job.value) && typeof defined_at === 'number'
  return isInPlace && isRegisteredAs(job.value, registration)
}

/** The next step towards the registration: first close the accounts, then take it over. */
async function towards(
  documents: Documents,
  stored: Stored,
  registration: Registration,
  beside: Beside,
  now: number,
): Promise<readonly Change[]> {
  const parsed = parseJob(stored)
  if (!parsed.ok) return []
  const job = parsed.value
  const next = reregister(job, registration, now)
  const { changes, isLast } = await stepTowards(documents, stored, job, next, now)
  const isChange = !isRegisteredAs(job, registration)
  return isLast && isChange ? [...changes, ...beside(job, next, now)] : changes
}

function creation({ definition, enabled }: Registration, beside: Beside, now: number): Change[] {
  const job = { ...newJob(definition, now), enabled: enabled ?? true }
  return [{ kind: 'create', ref: jobRef(definition.name), fields: toFields(job) }, ...beside(null, job, now)]
}
