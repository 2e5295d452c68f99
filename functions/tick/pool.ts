import { TickoverError } from '../errors.ts'
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
      bell.ring()
    })
  }

  /** Attempts begun so far. */
  begun = 0

  get living(): number {
    return this.#living.size
  }

  /** How many of the living runs were begun before the instant (own clock, ms). */
  livingSince(before: number): number {
    return [...this.#living.values()].filter((begun) => begun < before).length
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
    const living = this.#live(held).finally(() => {
      const wasFull = this.#living.size >= this.#slots
      this.#living.delete(living)
      if (this.#living.size === 0) this.#settler.flush()
      if (wasFull || this.#living.size === 0) this.#bell.ring()
    })
    this.#living.set(living, this.#engine.clock.now())
  }

  async #live(held: Held): Promise<void> {
    const job = this.#executing.copies.get(held.job)?.fields
    if (job === undefined) return
    const { timeout_seconds } = job.policies
    const ending = await execute(this.#executing, { held, payload: job.payload, timeout_seconds })
    const about = { job: held.job, run: held.entry.run, attempt: held.entry.attempt }
    if (ending.kind === 'left') this.#engine.emit({ kind: 'run_left', ...about })
    else if (ending.kind !== 'lost') this.#settler.add({ held, outcome: ending })
    else accountLost(this.#tally, this.#engine.emit, about, ending.performed)
  }
}
