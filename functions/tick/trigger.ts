import { TickoverError } from '../errors.ts'
import { entryOf, type Job } from '../job/job.ts'
import { runNow } from '../job/manual.ts'
import { parseRun } from '../job/parse.ts'
import type { Look, Plan } from '../job/plan.ts'
import type { Asked, Run } from '../job/run.ts'
import { existing, readable } from '../lease/change.ts'
import { jobRef, runRef } from '../lease/held.ts'
import type { Change, Stored } from '../store/documents.ts'
import type { Engine } from './engine.ts'
import { isSkewed } from './record.ts'
import { openSession, type Session } from './session.ts'

/** A run that somebody asks for. */
export interface Wish {
  readonly job: string
  /** The id of the run; new. */
  readonly run: string
  readonly asked: Asked
  /** What is written in the same commit as its claim, at `now` (store's time, ms). */
  readonly also: (now: number) => readonly Change[]
}

/** What came of it: how its first attempt ended, or that it still goes on. */
export interface Triggered {
  readonly isOver: boolean
  readonly run: Run
}

/** How long its request waits for the first attempt, in ms; after that the run goes on without it. */
const PATIENCE_MS = 240_000

/** How often it is looked whether the target has completed what it accepted, in ms. */
const FIRST_PAUSE = 500
const LONGEST_PAUSE = 10_000

/** Looks at a job that others change at the same time. */
const MOST_LOOKS = 5

/**
 * Runs a job now, in this process, at any stage: it takes a slot and leaves the schedule alone. Rejects with `not_found`,
 * `already_running` when no slot is free, `not_owner` for a job that runs elsewhere, `stopping`, and `store_unreachable`.
 */
export async function trigger(engine: Engine, wish: Wish): Promise<Triggered> {
  const session = openSession(engine, 1)
  for (let looks = 0; looks < MOST_LOOKS && session.pool.begun === 0; looks++)
    await take(engine, session, wish)
  if (session.pool.begun === 0)
    throw new TickoverError(
      'store_unreachable',
      'Others change this job again and again. Ask for it once more.',
    )
  const over = new AbortController()
  const tooLong = engine.clock.sleep(PATIENCE_MS, over.signal)
  await Promise.race([session.pool.idle(), tooLong]).finally(() => over.abort())
  const run = await readEnd(engine, session, wish.run)
  return { isOver: isOver(run), run }
}

/** The run once its first attempt has ended, also by the later word of its target, as far as there is patience. */
async function readEnd({ clock, stop }: Engine, session: Session, id: string): Promise<Run> {
  const until = session.began + PATIENCE_MS
  let run = await readRun(session, id)
  for (let pause = FIRST_PAUSE; !isOver(run) && !stop.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    if (clock.now() + pause > until) break
    await clock.sleep(pause, stop)
    run = await readRun(session, id)
  }
  return run
}

function isOver({ finished_at, status }: Run): boolean {
  return finished_at !== null || status === 'retry'
}

/** One look: claims the run, or buries who holds its slot and is dead. */
async function take(engine: Engine, { documents, time, pool, id }: Session, wish: Wish): Promise<void> {
  const { value, time: now } = await documents.get([jobRef(wish.job)])
  const stored = existing(value[0])
  const standing = readable(stored)
  mustRunHere(engine, standing)
  if (entryOf(standing, wish.run) !== undefined)
    throw new TickoverError('store_unreachable', unheld(wish.run))
  if (isSkewed(engine, time))
    throw new TickoverError(
      'clock_skew',
      'This process’s clock is off the store’s: nothing is claimed. Ask again.',
    )
  let refusal: string | null = null
  // It decides on every copy that the claim meets, so it must not throw: a claim takes that for trouble with the store.
  const decide = (job: Job, look: Look): Plan => {
    const wanted = runNow(job, look, wish.run)
    refusal = wanted.plan.deaths.length === 0 ? wanted.refusal : null
    return wanted.refusal === null
      ? { ...wanted.plan, asked: wish.asked, also: wish.also(look.now) }
      : wanted.plan
  }
  await pool.take([stored], id, now, decide)
  if (pool.begun === 0 && refusal !== null) throw new TickoverError('already_running', refusal)
}

/** A claim of an earlier look arrived after it was given up: nobody holds it, and its lease will run out. */
function unheld(run: string): string {
  return `The claim of ${run} came late: it begins when its lease has run out. See the job’s history.`
}

function mustRunHere({ stop }: Engine, { kind, name }: Job): void {
  if (stop.aborted) throw new TickoverError('stopping', 'This process is stopping. Ask again.')
  if (kind === 'reported')
    throw new TickoverError(
      'not_owner',
      `${name} is known from another scheduler’s reports only. Run it there.`,
    )
}

async function readRun({ documents }: Session, id: string): Promise<Run> {
  const stored: Stored | null = (await documents.get([runRef(id)])).value[0] ?? null
  const run = stored === null ? null : parseRun(stored.fields)
  if (run?.ok === true) return run.value
  throw new TickoverError('storage_damaged', `The record of ${id} cannot be read. See the job’s history.`)
}
