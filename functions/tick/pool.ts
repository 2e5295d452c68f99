import { TickoverError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import { claimableAt } from '../job/stored.ts'
import { type Suspicion, suspicionOf } from '../job/suspect.ts'
import { claim } from '../lease/claim.ts'
import type { Decide } from '../lease/draft.ts'
import type { Held } from '../lease/held.ts'
import type { Settling } from '../lease/settle.ts'
import type { Stored } from '../store/documents.ts'
import { accountClaim, accountLost, accountSettled } from './account.ts'
import type { Bell } from './bell.ts'
import type { Engine } from './engine.ts'
import { type Executing, execute } from './execute.ts'
import type { Tally } from './report.ts'
import { createSettler, type Settler } from './settler.ts'

/** The runs that one tick has under way. */
export class Pool {
  readonly #engine: Engine
  readonly #executing: Executing
  readonly #tally: Tally
  readonly #bell: Bell
  readonly #slots: number
  readonly #settler: Settler
  readonly #living = new Map<Promise<void>, number>()
  /** Since when at least one has lived, own clock, ms; of no meaning while none does. */
  #livingSince = 0
  /** Of all that is not settled yet: what ended and is not, dies with its process as well. */
  readonly #suspicions = new Map<Held, Suspicion>()

  /** `bell` rings when a run is settled, since its job's next occurrence may be due, and when the last slot gets free. */
  constructor(engine: Engine, executing: Executing & Settling, tally: Tally, bell: Bell, slots: number) {
    this.#engine = engine
    this.#executing = executing
    this.#tally = tally
    this.#bell = bell
    this.#slots = slots
    const { time } = executing
    this.#settler = createSettler(executing, engine.clock, engine.settings.batch_size, (settled) => {
      accountSettled(tally, engine.emit, settled, time.now())
      if (settled.kind === 'settled' && isDue(settled.settlement.job, time.now())) this.dueAgain++
      else if (this.#isSuspect(settled.finished.held)) this.dueAgain++
      this.#suspicions.delete(settled.finished.held)
      bell.ring()
    })
  }

  /** Attempts begun so far. */
  begun = 0

  /** Settles so far after which the job had more that was due, or others that had to wait for a suspect. */
  dueAgain = 0

  get living(): number {
    return this.#living.size
  }

  /** How long at least one run has lived, up to the last moment without any, in ms. */
  lived_ms = 0

  /** How many of the living runs were begun before the instant (own clock, ms). */
  livingSince(before: number): number {
    return [...this.#living.values()].filter((begun) => begun < before).length
  }

  /** How far each run that lives, or is not settled yet, is to be distrusted. */
  suspicions(): readonly Suspicion[] {
    return [...this.#suspicions.values()]
  }

  /**
   * Claims what the jobs have to start at `now` (store's time, ms), and begins it; `decide` says what that is, by default
   * their plan. Rejects with `store_unreachable` when nothing could be written.
   */
  async take(
    jobs: readonly Stored[],
    owner: string,
    now: number,
    decide?: Decide,
  ): Promise<{ progressed: boolean; outrun: boolean }> {
    const { documents, copies, lease_ms } = this.#executing
    const { path } = this.#engine.claimant
    const claimed = await claim(documents, jobs, { now, owner, path, lease_ms }, copies, decide)
    accountClaim(this.#tally, this.#engine.emit, claimed)
    for (const held of claimed.held) this.#begin(held)
    if (claimed.trouble !== null)
      throw new TickoverError('store_unreachable', `Nothing could be claimed: ${claimed.trouble}`)
    const outrun = claimed.lost.length > 0
    return { progressed: outrun || claimed.written.length > 0, outrun }
  }

  /** Resolves when every run has ended and is settled. */
  async idle(): Promise<void> {
    while (this.#living.size > 0) await Promise.all(this.#living.keys())
    await this.settled()
  }

  /** Resolves when all that has ended is settled. */
  async settled(): Promise<void> {
    this.#settler.flush()
    await this.#settler.idle()
  }

  #begin(held: Held): void {
    this.begun++
    if (this.#living.size === 0) this.#livingSince = this.#engine.clock.now()
    const living = this.#live(held).finally(() => {
      const wasFull = this.#living.size >= this.#slots
      this.#living.delete(living)
      if (this.#living.size === 0) {
        this.lived_ms += this.#engine.clock.now() - this.#livingSince
        this.#settler.flush()
      }
      if (wasFull || this.#living.size === 0) this.#bell.ring()
    })
    this.#living.set(living, this.#engine.clock.now())
    this.#suspicions.set(held, this.#suspicionOf(held))
  }

  #isSuspect(held: Held): boolean {
    return (this.#suspicions.get(held) ?? 'none') !== 'none'
  }

  #suspicionOf({ job, entry }: Held): Suspicion {
    const copy = this.#executing.copies.get(job)?.fields
    return copy === undefined ? 'none' : suspicionOf(copy, entry)
  }

  async #live(held: Held): Promise<void> {
    const job = this.#executing.copies.get(held.job)?.fields
    if (job === undefined) return
    const { timeout_seconds } = job.policies
    const ending = await execute(this.#executing, { held, payload: job.payload, timeout_seconds })
    const about = { job: held.job, run: held.entry.run, attempt: held.entry.attempt }
    if (ending.kind === 'left' || ending.kind === 'lost') this.#suspicions.delete(held)
    if (ending.kind === 'left') this.#engine.emit({ kind: 'run_left', ...about })
    else if (ending.kind !== 'lost') this.#settler.add({ held, outcome: ending })
    else accountLost(this.#tally, this.#engine.emit, about, ending.performed)
  }
}

function isDue(job: Job, now: number): boolean {
  return (claimableAt(job) ?? Number.POSITIVE_INFINITY) <= now
}
