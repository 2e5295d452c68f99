import { closeAccounts, pause, unpause } from '../../../functions/job/definition.ts'
import { type Entry, isHeldBy, type Job } from '../../../functions/job/job.ts'
import { hear } from '../../../functions/job/lifecycle.ts'
import { type Plan, plan } from '../../../functions/job/plan.ts'
import type { Skip } from '../../../functions/job/run.ts'
import { settlement } from '../../../functions/job/settlement.ts'
import { claimableAt } from '../../../functions/job/stored.ts'
import { offsetOf } from '../../../functions/schedule/jitter.ts'
import { occurrences } from '../../../functions/schedule/schedule.ts'
import type { Step } from './arbitraries.ts'
import { T0 } from './fixtures.ts'

const LEASE = 60_000

/** More looks in a row than any of these jobs can need. */
const MOST_LOOKS = 500

/** One job's life, step by step, with what it promised on the way. */
export class Life {
  job: Job
  now = T0
  /** Attempts whose holders live. */
  held: Entry[] = []
  /** Every outcome of an occurrence, in order: it was begun, owed, or skipped. */
  readonly outcomes: number[] = []
  readonly fences: number[] = []

  constructor(job: Job) {
    this.job = job
  }

  step(step: Step): void {
    this.now += step.after
    this.lose()
    switch (step.kind) {
      case 'look':
        this.lookOn()
        break
      case 'settle': {
        const held = this.take(step.pick)
        const settled = held && settlement(this.job, held, step.outcome, this.now, () => step.chance)
        if (settled) this.become(settled.job, settled.skips)
        break
      }
      case 'renew': {
        const held = this.held[step.pick]
        const until = this.now + LEASE
        if (held)
          this.become(
            hear(this.job, held.run, held.fence, { kind: 'renew', until }, this.now) ?? this.job,
            [],
          )
        break
      }
      case 'crash':
        this.take(step.pick)
        break
      case 'pause':
        this.become(pause(this.job, this.now), [])
        break
      case 'unpause':
        if (!this.job.enabled) {
          const { job, skips } = unpause(this.job, this.now)
          this.become(job, skips)
        }
        break
      case 'close_accounts': {
        const runs = new Set(this.job.entries.map(({ run }) => run))
        const { job, skips } = closeAccounts(this.job, this.now)
        const owed = job.entries.filter(({ run }) => !runs.has(run))
        this.become(
          job,
          skips,
          owed.map((entry) => entry.scheduled_for),
        )
        break
      }
    }
  }

  /** Looks as long as the job asks to be looked at now, as ticks do. */
  lookOn(): void {
    for (let looks = 0; this.isDue(); looks++) {
      if (looks === MOST_LOOKS) throw new Error('it never ends')
      const before = claimableAt(this.job)
      const planned = this.lookOnce()
      const moved = planned.attempt !== null || planned.deaths.length > 0 || planned.skips.length > 0
      if (!moved) throw new Error(`a look at ${before} changed nothing`)
    }
  }

  isDue(): boolean {
    const at = claimableAt(this.job)
    return at !== null && at <= this.now
  }

  private lookOnce(): Plan {
    const planned = plan(this.job, { now: this.now, owner: 'a', path: 'tick', lease_ms: LEASE })
    const { attempt } = planned
    const isNew = attempt !== null && !this.job.entries.some(({ run }) => run === attempt.run)
    this.become(planned.job, planned.skips, isNew ? [attempt.scheduled_for] : [])
    if (attempt !== null) {
      this.held.push(attempt)
      this.fences.push(attempt.fence)
    }
    return planned
  }

  private become(job: Job, skips: readonly Skip[], begun: readonly number[] = []): void {
    if (job.fence < this.job.fence) throw new Error('a fence went back')
    if (job.entries.length > job.policies.max_instances) throw new Error('more entries than slots')
    if (new Set(job.entries.map(({ run }) => run)).size < job.entries.length)
      throw new Error('a run has two entries')
    const skipped = skips.flatMap((skip) => {
      const instants = this.between(skip.first_at, skip.last_at)
      if (instants.length !== skip.count) throw new Error(`a range of ${skip.count} holds ${instants.length}`)
      return instants
    })
    this.outcomes.push(...skipped, ...begun)
    this.job = job
  }

  /** The occurrences of the schedule from one instant to another, both included. */
  between(from: number, to: number): number[] {
    const { name, schedule, policies } = this.job
    return to < from ? [] : occurrences(schedule, from, to, 100_000, offsetOf(name, policies.jitter_seconds))
  }

  private take(pick: number): Entry | undefined {
    return this.held.splice(pick, 1)[0]
  }

  /** Holders whose entry is gone or carries another fence learn it at their next word. */
  private lose(): void {
    this.held = this.held.filter(({ run, fence }) => isHeldBy(this.job, run, fence))
  }
}
