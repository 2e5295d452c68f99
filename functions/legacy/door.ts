import type { Clock } from '../clock.ts'
import { type Problem, TickoverError } from '../errors.ts'
import { digestOf } from '../job/digest.ts'
import type { Entry, Job } from '../job/job.ts'
import { doneReason, receive } from '../job/reported.ts'
import { readable } from '../lease/change.ts'
import { claim } from '../lease/claim.ts'
import { jobRef } from '../lease/held.ts'
import type { Emit } from '../observe/events.ts'
import { handoverAfter, mayClaim, ownerOf, type Rollout } from '../rollout/stage.ts'
import type { Documents, Stored } from '../store/documents.ts'
import { takeIn } from './intake.ts'
import { textFor } from './payload.ts'
import type { ClaimRequest } from './requests.ts'

/** What the door stands on. */
export interface Door {
  readonly documents: Documents
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  readonly newId: () => string
  readonly emit: Emit
  readonly rollout: Rollout
  readonly max_skew_seconds: number
  /** The lane of jobs that are known from reports only. */
  readonly lane: string
}

/** The right to perform one attempt, until `until` (ms, store's time). */
export interface Granted {
  readonly job: string
  readonly entry: Entry
  /** JSON text. */
  readonly payload: string
}

/** Looks at a job that others change at the same time, or that is taken in first. */
const MOST_LOOKS = 5

const DAY_MS = 86_400_000

/**
 * Claims a run for an outside scheduler, which performs it only then. Rejects with `not_owner`, `paused`,
 * `already_running` or `already_done` when it is not to be performed, `bad_request` for instants that cannot be meant,
 * and `store_unreachable` when nothing is known: the same request with the same key is then sent again.
 */
export async function claimRun(door: Door, request: ClaimRequest): Promise<Granted> {
  const owner = ownerName(request.email, claimId(door, request))
  for (let looks = 0; looks < MOST_LOOKS; looks++) {
    const { value, time: now } = await door.documents.get([jobRef(request.job)])
    const stored = value[0] ?? null
    const job = stored === null ? null : readable(stored)
    const entry = job?.entries.find((one) => one.owner === owner && one.state === 'running')
    if (job && entry && entry.until > now) return granted(job, entry, request)
    requireMeant(door, request, now)
    requireOwner(door, request.job, now)
    const found = stored && job ? await take(door, request, { stored, job, owner, now }) : null
    if (found !== null) return found
    if (stored === null) await takeIn(door, request, now)
  }
  throw new TickoverError(
    'store_unreachable',
    'Others change this job again and again. Send the claim again.',
  )
}

/** Whose claims these are, as entries and attempts name their holder. */
export function ownerName(email: string, claim: string): string {
  return `legacy:${email}:${claim}`
}

/** A key counts for the start that it came with, should somebody use one for all. */
function claimId({ newId }: Door, { key, started_at }: ClaimRequest): string {
  return key === null ? newId() : digestOf(`${started_at} ${key}`)
}

/** One try at a job as it was just read; null: it has moved, or its dead had to be buried first. */
async function take(
  { documents, max_skew_seconds }: Door,
  request: ClaimRequest,
  { stored, job, owner, now }: { stored: Stored; job: Job; owner: string; now: number },
): Promise<Granted | null> {
  const { started_at, scheduled_for, lease_seconds } = request
  const look = { now, owner, path: 'legacy', lease_ms: lease_seconds * 1000 } as const
  const report = { started_at, scheduled_for, skew_ms: max_skew_seconds * 1000 }
  const { plan, refusal } = receive(job, look, report)
  if (refusal !== null && plan.deaths.length === 0) throw new TickoverError(refusal.code, refusal.reason)
  const decide = (one: Job) => ({
    ...receive(one, look, report).plan,
    payload: textFor(one, request.payload),
  })
  const claimed = await claim(documents, [stored], look, new Map(), decide)
  if (claimed.trouble !== null)
    throw new TickoverError('store_unreachable', 'The claim may not have arrived. Send it again as it was.')
  const [held] = claimed.held
  if (held !== undefined) return granted(job, held.entry, request)
  if (claimed.written[0]?.suppressed)
    throw new TickoverError('already_done', doneReason(plan.attempt?.run ?? job.name))
  return null
}

function granted(job: Job, entry: Entry, { payload }: ClaimRequest): Granted {
  return { job: job.name, entry, payload: textFor(job, payload) }
}

/** Refuses instants that no working clock gives. */
function requireMeant({ max_skew_seconds }: Door, request: ClaimRequest, now: number): void {
  const { started_at, scheduled_for } = request
  const problems: Problem[] = []
  const off = Math.round((started_at - now) / 1000)
  if (Math.abs(started_at - now) > max_skew_seconds * 1000)
    problems.push({
      field: 'startedAt',
      message: `is ${off} s off our time: send the present, set the clock`,
    })
  // Performed before it is due, it would have its outcome by then: at its instant nobody would run it.
  if (scheduled_for !== null && scheduled_for - now > max_skew_seconds * 1000)
    problems.push({ field: 'scheduledFor', message: 'is still to come: claim it when it is due' })
  if (scheduled_for !== null && now - scheduled_for > DAY_MS)
    problems.push({ field: 'scheduledFor', message: 'is more than a day ago: run it without a claim' })
  if (problems.length === 0) return
  const list = problems.map(({ field, message }) => `${field} ${message}`).join('; ')
  throw new TickoverError('bad_request', `These instants cannot be meant (${list}).`, { problems })
}

function requireOwner({ rollout }: Door, job: string, now: number): void {
  if (mayClaim('legacy', job, now, rollout)) return
  const handover = handoverAfter(now, rollout)
  const end = Number.isFinite(handover) ? ` until ${new Date(handover).toISOString()}` : ''
  throw new TickoverError(
    'not_owner',
    `At stage ${rollout.stage} the path ${ownerOf(job, now, rollout)} has ${job}${end}. Do not perform it.`,
  )
}
