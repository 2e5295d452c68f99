import type { Entry, Job } from '../../functions/job/job.ts'
import type { Attempt, Run } from '../../functions/job/run.ts'
import type { Path } from '../../functions/rollout/stage.ts'
import { offsetOf } from '../../functions/schedule/jitter.ts'
import { occurrences } from '../../functions/schedule/schedule.ts'
import type { Change, Committed, Documents } from '../../functions/store/documents.ts'
import { EFFECT_MARGIN } from '../../functions/target/effect.ts'
import { EMAIL } from './outside.ts'

/** The laws of the design, by the names under which a violation is told. */
export const LAWS = {
  1: 'law 1: at most max_instances entries per job, at most one holder per run',
  2: 'law 2: every occurrence ends in exactly one recorded outcome',
  3: 'law 3: with an old fence nothing is settled, renewed, begun or recorded',
  4: 'law 4: an effect recorded as done is never performed again',
  5: 'law 5: each attempt is made by the path that the stage gives it, and two paths never hold one run',
  6: 'law 6: a run in shadow performs no effect and changes no live document',
  8: 'law 8: after a crash nothing waits for ever, the poisoned end, the damaged hinder nobody',
  9: 'law 9: planning and leases follow the store’s clock',
} as const
export type Law = keyof typeof LAWS

/** A law that did not hold, and when. */
export interface Violation {
  readonly law: Law
  readonly at: number
  readonly what: string
}

/** Who makes a commit: entries and effects are its own when their owner begins with its name. */
export interface Actor {
  readonly name: string
  readonly skewed: boolean
}

type Documented = { readonly [field: string]: unknown }
/** The documents of a commit as they were before it. */
type Before = ReadonlyMap<string, Documented | undefined>
type StoredJob = Job & { readonly claimable_at: number | null; readonly status: string }

/** Watches every commit and every effect, and judges them by the laws alone: it shares no code with the protocol but the schedule. */
export class Watch {
  readonly violations: Violation[] = []
  /** How often each step of an entry's life was taken. */
  readonly transitions = new Map<string, number>()
  readonly #state = new Map<string, Documented>()
  /** Effects that were ever recorded as done. */
  readonly #done = new Set<string>()
  readonly #jobs = new Set<string>()
  /** Since when a job has stood to be claimed as it does. */
  readonly #offered = new Map<string, { claimable_at: unknown; at: number }>()
  readonly #outcomes = new Map<string, Set<number>>()
  readonly #claimed = new Map<string, number>()
  #now: () => number
  #mayClaim: (path: Path, job: string) => boolean

  /** `mayClaim`: does any process of now, or of a moment ago, have flags that give the job to this path? */
  constructor(now: () => number, mayClaim: (path: Path, job: string) => boolean = () => true) {
    this.#now = now
    this.#mayClaim = mayClaim
  }

  /** Applies a commit to the store, and looks at what it changed. */
  async apply(store: Documents, actor: Actor, changes: readonly Change[]): Promise<Committed> {
    const committed = await store.commit(changes)
    if (committed.outcome !== 'done') return committed
    const before = new Map(changes.map(({ ref }) => [key(ref), this.#state.get(key(ref))]))
    for (const change of changes) this.#mirror(change)
    this.#judgeShadow(actor, changes)
    const records = changes.filter(({ ref }) => ref.collection !== 'scheduler_jobs')
    const jobs = changes.filter(({ ref }) => ref.collection === 'scheduler_jobs')
    for (const change of [...records, ...jobs]) this.#judge(actor, change, before)
    return committed
  }

  /** A person writes into a document, past all rules. */
  async tamper(store: Documents, changes: readonly Change[]): Promise<void> {
    const committed = await store.commit(changes)
    if (committed.outcome === 'done') for (const change of changes) this.#mirror(change)
  }

  violate(law: Law, what: string): void {
    this.violations.push({ law, at: this.#now(), what })
  }

  job(name: string): StoredJob | undefined {
    return this.#state.get(`scheduler_jobs/${name}`) as never
  }

  runs(): Run[] {
    const all = [...this.#state]
      .filter(([id]) => id.startsWith('scheduler_runs/'))
      .map(([, run]) => run as never as Run)
    return all.filter((run) => (run.status as string) !== 'skipped')
  }

  /** An effect is being performed, outside of everything: may it be? */
  performed(run: string, effect: string, fence: number, job: string): void {
    const shadow = entryOf(this.#state.get(`scheduler_shadow_jobs/${job}`) as never, run)
    if (entryOf(this.job(job), run)?.fence !== fence && shadow?.fence === fence)
      this.violate(6, `${run} performs ${effect} in shadow`)
    if (this.#done.has(effect)) this.violate(4, `${effect} is performed again under fence ${fence}`)
    const record = this.#state.get(`scheduler_effects/${effect}`)
    if (record?.fence !== fence)
      this.violate(3, `${effect} is performed under fence ${fence}, which did not begin it`)
    // Between its beginning, which the store allowed, and this, an entry may still have given way to a later occurrence.
    const entry = entryOf(this.job(job), run)
    if (entry?.fence !== fence || entry.state !== 'running') return
    if (this.#now() > entry.until - EFFECT_MARGIN + CLOCK_ERROR) {
      this.violate(9, `${effect} begins ${entry.until - this.#now()} ms before the lease ends`)
    }
  }

  /** While the store works: nothing that may be claimed waits for longer than lease + skew + cadence. */
  nothingWaits(since: number, longest: number): void {
    for (const name of this.#jobs) {
      const job = this.job(name)
      if (job === undefined) continue
      if (job.claimable_at === null || job.status === 'damaged') continue
      const waited = this.#now() - Math.max(job.claimable_at, since, this.#offered.get(name)?.at ?? 0)
      if (waited > longest) this.violate(8, `${job.name} has waited for ${waited} ms`)
    }
  }

  #mirror(change: Change): void {
    const id = key(change.ref)
    if (change.ref.collection === 'scheduler_jobs') this.#jobs.add(change.ref.id)
    if (change.kind === 'create') this.#state.set(id, structuredClone(change.fields))
    if (change.kind === 'update')
      this.#state.set(id, { ...this.#state.get(id), ...structuredClone(change.fields) })
    if (change.kind === 'delete') this.#state.delete(id)
  }

  /** What a shadow writes stands among the shadow's documents, all of it. */
  #judgeShadow(actor: Actor, changes: readonly Change[]): void {
    const shadow = changes.filter(({ ref }) => ref.collection.startsWith('scheduler_shadow_'))
    if (shadow.length === 0) return
    this.#count('changed in shadow')
    const live = changes.find(({ ref }) => !ref.collection.startsWith('scheduler_shadow_'))
    if (live !== undefined) this.violate(6, `${actor.name} changes ${key(live.ref)} from the shadow`)
  }

  #judge(actor: Actor, change: Change, before: Before): void {
    const id = key(change.ref)
    const was = before.get(id)
    const is = this.#state.get(id)
    if (change.ref.collection === 'scheduler_jobs' && is !== undefined) {
      this.#judgeJob(actor, was as never, is as never)
    }
    if (change.ref.collection === 'scheduler_runs' && is !== undefined)
      this.#judgeRecord(actor, was, is, before)
    if (change.ref.collection === 'scheduler_effects' && is !== undefined)
      this.#judgeEffect(change.ref.id, is, before)
  }

  #judgeJob(actor: Actor, was: StoredJob | undefined, is: StoredJob): void {
    if (is.status === 'damaged') return
    if (is.entries.length > is.policies.max_instances)
      this.violate(1, `${is.name} has ${is.entries.length} entries`)
    if (new Set(is.entries.map((entry) => entry.run)).size < is.entries.length)
      this.violate(1, `${is.name} holds a run twice`)
    for (const entry of is.entries) this.#judgeEntry(actor, was, is, entry)
    for (const entry of was?.entries ?? []) this.#judgeEnd(actor, entry, is)
    this.#judgeCursor(was, is)
    if (this.#offered.get(is.name)?.claimable_at !== is.claimable_at) {
      this.#offered.set(is.name, { claimable_at: is.claimable_at, at: this.#now() })
    }
  }

  #judgeEntry(actor: Actor, was: StoredJob | undefined, is: StoredJob, entry: Entry): void {
    const old = entryOf(was, entry.run)
    this.#count(stepOf(old, entry))
    if (entry.state !== 'running' || old?.fence === entry.fence) return
    const now = this.#now()
    // The door plans by the store's time alone, whatever its process believes.
    if (actor.skewed && !entry.owner.startsWith('legacy:'))
      this.violate(9, `${actor.name} claims ${entry.run} although its clock is off`)
    // An outside scheduler's clock may be ahead by as much as clocks may differ.
    if (entry.scheduled_for > now + (entry.owner.startsWith('legacy:') ? OUTSIDE_AHEAD : 0))
      this.violate(9, `${entry.run} starts ${entry.scheduled_for - now} ms early`)
    if (entry.fence <= (this.#claimed.get(is.name) ?? 0))
      this.violate(1, `${is.name} gives out fence ${entry.fence} again`)
    this.#claimed.set(is.name, entry.fence)
    this.#judgePath(actor, is, old, entry)
    if (old?.state === 'running' && old.until > now)
      this.violate(1, `${entry.run} is taken from its holder ${old.owner}`)
  }

  #judgePath(actor: Actor, is: StoredJob, old: Entry | undefined, entry: Entry): void {
    this.#count(`attempt by ${entry.path}`)
    if (old !== undefined && old.owner !== '' && old.path !== entry.path) this.#count('handed over')
    if (!this.#mayClaim(entry.path, is.name))
      this.violate(5, `${actor.name} claims ${entry.run} for ${entry.path}, which does not have it`)
    if (old?.state === 'running' && old.until > this.#now() && old.path !== entry.path)
      this.violate(5, `${entry.run} is held by ${old.path} and by ${entry.path}`)
  }

  /** An entry leaves by its holder's word, or when it has run out, or gives way to a later occurrence. */
  #judgeEnd(actor: Actor, entry: Entry, is: StoredJob): void {
    const now = entryOf(is, entry.run)
    if (now === undefined) this.#count(`${entry.state} -> gone`)
    if (entry.state !== 'running' || (now?.state === 'running' && now.fence === entry.fence)) return
    const mayEnd =
      entry.owner.startsWith(`${actor.name}.`) ||
      entry.owner.startsWith(`legacy:${EMAIL}:`) ||
      entry.until <= this.#now() ||
      is.policies.overlap === 'replace'
    if (!mayEnd) this.violate(1, `${entry.run} is taken from its holder ${entry.owner} by ${actor.name}`)
  }

  /** Every occurrence that the cursor has passed has a record, or is owed. */
  #judgeCursor(was: StoredJob | undefined, is: StoredJob): void {
    if (was === undefined || was.next_run_at === null) return
    const end = is.next_run_at ?? this.#now() + 1
    const covered = this.#covered(is.name)
    for (const at of dueOf(was, was.next_run_at, end - 1)) {
      const owed = is.entries.some((entry) => entry.scheduled_for === at)
      if (at <= this.#now() && !owed && !covered.has(at)) this.violate(2, `${is.name}@${at} is passed over`)
    }
  }

  #judgeRecord(actor: Actor, was: Documented | undefined, is: Documented, before: Before): void {
    if (was === undefined) this.#cover(is)
    if (is.status === 'skipped') return
    const run = is as never as Run
    if (was !== undefined && isEnded(was as never)) this.violate(2, `${run.id} is written after its end`)
    const job = this.#jobBefore(before, run.job)
    for (const attempt of newlyEnded(run, was as never)) {
      const entry = entryOf(job, run.id)
      if (entry?.fence === attempt.fence && entry.state === 'running') continue
      this.violate(3, `${actor.name} settles ${run.id} under the old fence ${attempt.fence}`)
    }
  }

  /** A new record: what it stands for has its outcome from now on. */
  #cover(record: Documented): void {
    const covered = this.#covered(String(record.job))
    for (const at of this.#coveredBy(record)) {
      if (covered.has(at)) this.violate(2, `${String(record.job)}@${at} has two outcomes`)
      covered.add(at)
    }
  }

  #jobBefore(before: Before, name: string): StoredJob | undefined {
    return (before.get(`scheduler_jobs/${name}`) ?? this.job(name)) as never
  }

  #judgeEffect(id: string, is: Documented, before: Before): void {
    if (is.state === 'done') this.#done.add(id)
    const run = String(is.run)
    const name = run.slice(0, run.lastIndexOf('@'))
    const entry = entryOf(this.#jobBefore(before, name), run)
    if (entry?.fence !== is.fence || entry?.state !== 'running') {
      this.violate(
        3,
        `an effect of ${run} is recorded as ${String(is.state)} under the old fence ${String(is.fence)}`,
      )
    }
  }

  /** The occurrences that a record stands for; a range that miscounts is a violation. */
  #coveredBy(record: Documented): number[] {
    if (record.status !== 'skipped') return [Number(record.scheduled_for)]
    const job = this.job(String(record.job))
    if (job === undefined) return []
    const all = dueOf(job, Number(record.first_at), Number(record.last_at))
    if (all.length !== record.count)
      this.violate(2, `${String(record.job)}: a range of ${String(record.count)} covers ${all.length}`)
    return all
  }

  #covered(job: string): Set<number> {
    const covered = this.#outcomes.get(job) ?? new Set()
    this.#outcomes.set(job, covered)
    return covered
  }

  #count(step: string): void {
    this.transitions.set(step, (this.transitions.get(step) ?? 0) + 1)
  }
}

/** How far an instance with a working clock may misjudge the store's time, in ms. */
const CLOCK_ERROR = 100

/** How early an outside scheduler may begin, in ms: the skew that the simulation allows. */
const OUTSIDE_AHEAD = 3_000

/** Every step of an entry's life that a simulation has to take. */
export const TRANSITIONS = [
  'attempt by tick',
  'attempt by legacy',
  'handed over',
  'changed in shadow',
  'none -> running',
  'none -> retry',
  'running renewed',
  'running abandoned',
  'running -> retry',
  'running -> retry (given back)',
  'retry -> running',
  'running -> gone',
  'running -> running (crashed, taken over)',
] as const

function stepOf(was: Entry | undefined, is: Entry): string {
  if (was === undefined) return `none -> ${is.state}`
  if (was.state === 'running' && is.state === 'running') {
    if (was.fence !== is.fence) return 'running -> running (crashed, taken over)'
    if (was.trouble !== is.trouble) return 'running abandoned'
    return was.until === is.until ? 'unchanged' : 'running renewed'
  }
  if (was.state === is.state) return 'unchanged'
  const givenBack = is.state === 'retry' && is.give_backs !== was.give_backs
  return `${was.state} -> ${is.state}${givenBack ? ' (given back)' : ''}`
}

function entryOf(job: StoredJob | undefined, run: string): Entry | undefined {
  return job?.entries?.find((entry) => entry.run === run)
}

function dueOf(job: Job, from: number, to: number): number[] {
  return occurrences(job.schedule, from, to, 10_000, offsetOf(job.name, job.policies.jitter_seconds))
}

/** The attempts that their holder has closed since. */
function newlyEnded(is: Run, was: Run | undefined): Attempt[] {
  const open = (fence: number) => (was?.attempts.find((one) => one.fence === fence)?.outcome ?? null) === null
  return is.attempts.filter(({ outcome, fence }) => outcome !== null && outcome !== 'lost' && open(fence))
}

function isEnded(run: Run): boolean {
  return run.status === 'succeeded' || run.status === 'failed' || run.status === 'cancelled'
}

function key(ref: { readonly collection: string; readonly id: string }): string {
  return `${ref.collection}/${ref.id}`
}
