import { isDeepStrictEqual } from 'node:util'
import type { Entry } from '../../functions/job/job.ts'
import type { Run } from '../../functions/job/run.ts'
import type { Path } from '../../functions/rollout/stage.ts'
import type { Change, Committed, Documents } from '../../functions/store/documents.ts'
import { EFFECT_MARGIN } from '../../functions/target/effect.ts'
import type { Actor } from './actor.ts'
import type { Law, Violation } from './laws.ts'
import { EMAIL } from './outside.ts'
import { stepOf } from './steps.ts'
import {
  type Before,
  type Documented,
  dueOf,
  dueOfAttempt,
  entryOf,
  hasLastChance,
  isAskedFor,
  isCompletedBy,
  isEnded,
  key,
  newlyEnded,
  type StoredJob,
} from './stored.ts'

/** How far an instance with a working clock may misjudge the store's time, in ms. */
const CLOCK_ERROR = 100

/** How early an outside scheduler may begin, in ms: the skew that the simulation allows. */
const OUTSIDE_AHEAD = 3_000

/** Watches every commit and every effect, and judges them by the laws alone: it shares no code with the protocol but the schedule. */
export class Watch {
  readonly violations: Violation[] = []
  /** How often each step of an entry's life was taken. */
  readonly transitions = new Map<string, number>()
  readonly #state = new Map<string, Documented>()
  /** Effects that were ever recorded as done; and with which fences they began. */
  readonly #done = new Set<string>()
  readonly #begun = new Set<string>()
  /** Runs that were taken from a holder who may still have lived. */
  readonly #released = new Set<string>()
  readonly #deleted = new Set<string>()
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
    this.#judgeDeletions(changes, before)
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

  jobs(): StoredJob[] {
    return [...this.#jobs].flatMap((name) => this.job(name) ?? [])
  }

  wasDeleted(name: string): boolean {
    return this.#deleted.has(name)
  }

  /** The first occurrences of the ranges that a job skipped. */
  skippedOf(name: string): unknown[] {
    const records = [...this.#state].filter(([id]) => id.startsWith(`scheduler_runs/${name}@`))
    return records.flatMap(([, { status, first_at }]) => (status === 'skipped' ? [first_at] : []))
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
    // What had begun when an operator let its run go may repeat, with the same key: nothing can call it back.
    if (this.#released.has(run) && this.#begun.has(`${effect} ${fence}`)) return
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

  /**
   * While the store works: nothing that may be claimed waits for longer than lease + skew + cadence; a last chance, which
   * begins beside no other suspect, for no longer than twice that.
   */
  nothingWaits(since: number, longest: number): void {
    for (const job of this.jobs()) {
      if (job.claimable_at === null || job.status === 'damaged') continue
      const waited = this.#now() - Math.max(job.claimable_at, since, this.#offered.get(job.name)?.at ?? 0)
      if (waited > longest && (waited > 2 * longest || !hasLastChance(job)))
        this.violate(8, `${job.name} has waited for ${waited} ms`)
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
    // A job is deleted with its shadow, which is no doing of the shadow's.
    if (shadow.every(({ kind }) => kind === 'delete')) return
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
    if (was !== undefined && actor.as === 'registrar') this.#judgeRegistration(actor, was, is)
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
    // An outside scheduler's clock may be ahead by as much as clocks may differ, and it need not wait for a retry.
    const isOutside = entry.owner.startsWith('legacy:')
    const due = dueOfAttempt(old, entry, isOutside)
    if (due > now + (isOutside ? OUTSIDE_AHEAD : 0))
      this.violate(9, `${entry.run} starts ${due - now} ms early`)
    if (entry.fence <= (this.#claimed.get(is.name) ?? 0))
      this.violate(1, `${is.name} gives out fence ${entry.fence} again`)
    this.#claimed.set(is.name, entry.fence)
    if (old === undefined && isAskedFor(entry.run)) this.#judgeTrigger(was, is, entry)
    else this.#judgePath(actor, is, old, entry)
    if (old?.state === 'running' && old.until > now)
      this.violate(1, `${entry.run} is taken from its holder ${old.owner}`)
  }

  /** What somebody asks for runs at every stage, also while the job is paused, and moves nothing of its schedule. */
  #judgeTrigger(was: StoredJob | undefined, is: StoredJob, entry: Entry): void {
    this.#count('none -> running (asked for)')
    if (!this.#mayClaim(entry.path, is.name))
      this.#count('none -> running (asked for, at a stage of the other path)')
    if (!is.enabled) this.#count('none -> running (asked for, while paused)')
    if (was?.next_run_at !== is.next_run_at)
      this.violate(2, `${entry.run} moves ${is.name} to ${is.next_run_at}`)
  }

  /** Whatever is registered, what an operator has chosen stands. */
  #judgeRegistration({ name }: Actor, was: StoredJob, is: StoredJob): void {
    for (const field of ['enabled', 'schedule'] as const) {
      const chosen = was.overrides?.[field] ?? null
      if (chosen === null) continue
      this.#count('override kept by a registration')
      const { registered: _, ...by } = chosen
      const { registered: __, ...now } = is.overrides[field] ?? { registered: null }
      if (!isDeepStrictEqual([was[field], by], [is[field], now]))
        this.violate('choice', `${name} overwrites ${field} of ${is.name}`)
    }
  }

  /** Who holds a run is not left without its job, and what fell due has its outcome. */
  #judgeDeletions(changes: readonly Change[], before: Before): void {
    // It was decided when the store answered that nobody holds it: what fell due on the way fell due for nobody.
    const audited = changes.find(({ ref }) => ref.collection === 'scheduler_audit')
    const decided = audited?.kind === 'create' ? Number(audited.fields.at) : this.#now()
    for (const { kind, ref } of changes) {
      const was = before.get(key(ref)) as never as StoredJob | undefined
      if (kind === 'delete' && ref.collection === 'scheduler_jobs' && was !== undefined)
        this.#judgeDeletion(was, decided)
    }
  }

  #judgeDeletion(was: StoredJob, decided: number): void {
    const { name } = was
    this.#count('deleted')
    this.#deleted.add(name)
    this.#jobs.delete(name)
    this.#claimed.delete(name)
    this.#offered.delete(name)
    for (const entry of was.entries) this.#judgeLeft(was, entry)
    const covered = this.#covered(name)
    for (const at of was.next_run_at === null ? [] : dueOf(was, was.next_run_at, decided))
      if (!covered.has(at)) this.violate(2, `${name}@${at} is deleted without an outcome`)
  }

  #judgeLeft({ name }: StoredJob, { state, run, owner }: Entry): void {
    if (state !== 'retry') this.violate(1, `${name} is deleted under the holder ${owner} of ${run}`)
    if (state !== 'retry' || owner === '') return
    this.#count('deleted with a waiting run')
    const record = this.#state.get(`scheduler_runs/${run}`)
    if (record === undefined || !isEnded(record as never))
      this.violate(2, `${run} is deleted without an outcome`)
  }

  #judgePath(actor: Actor, is: StoredJob, old: Entry | undefined, entry: Entry): void {
    this.#count(`attempt by ${entry.path}`)
    if (old !== undefined && old.owner !== '' && old.path !== entry.path) this.#count('handed over')
    if (old === undefined && is.kind === 'backfill') this.#count('none -> running (backfill)')
    if (!this.#mayClaim(entry.path, is.name))
      this.violate(5, `${actor.name} claims ${entry.run} for ${entry.path}, which does not have it`)
    if (old?.state === 'running' && old.until > this.#now() && old.path !== entry.path)
      this.violate(5, `${entry.run} is held by ${old.path} and by ${entry.path}`)
  }

  /**
   * An entry leaves by its holder's word, or its target's, or when it has run out, or gives way to a later occurrence, or
   * because an operator says so.
   */
  #judgeEnd(actor: Actor, entry: Entry, is: StoredJob): void {
    const now = entryOf(is, entry.run)
    const isRelease = actor.as === 'release' && entry.state !== 'retry' && now?.fence !== undefined
    const letGo = actor.as === 'release' && entry.state !== 'retry' && now?.state !== entry.state
    if (now === undefined) this.#count(`${entry.state} -> gone`)
    if (letGo) this.#count(`${entry.state} -> ${isRelease ? 'retry' : 'gone'} (released)`)
    if (letGo) this.#released.add(entry.run)
    if (entry.state === 'retry' || (now?.state === entry.state && now.fence === entry.fence)) return
    const holdersWord =
      entry.state === 'running' &&
      (entry.owner.startsWith(`${actor.name}.`) || entry.owner.startsWith(`legacy:${EMAIL}:`))
    const mayEnd =
      holdersWord ||
      letGo ||
      isCompletedBy(actor, entry) ||
      entry.until <= this.#now() ||
      is.policies.overlap === 'replace'
    if (!mayEnd) this.violate(1, `${entry.run} is taken from its holder ${entry.owner} by ${actor.name}`)
  }

  /** Every occurrence that the cursor has passed has a record, or is owed. */
  #judgeCursor(was: StoredJob | undefined, is: StoredJob): void {
    if (was === undefined || was.next_run_at === null) return
    const end = is.next_run_at ?? this.#now() + 1
    // Another definition counts from the instant at which it was decided, whenever it arrives.
    const decided = is.defined_at === was.defined_at ? this.#now() : Math.min(this.#now(), is.defined_at)
    const covered = this.#covered(is.name)
    for (const at of dueOf(was, was.next_run_at, end - 1)) {
      const owed = is.entries.some((entry) => entry.scheduled_for === at && !isAskedFor(entry.run))
      if (at <= decided && !owed && !covered.has(at)) this.violate(2, `${is.name}@${at} is passed over`)
    }
  }

  #judgeRecord(actor: Actor, was: Documented | undefined, is: Documented, before: Before): void {
    if (was === undefined) this.#cover(is, before)
    if (is.status === 'skipped') return
    const run = is as never as Run
    if (was !== undefined && isEnded(was as never)) this.violate(2, `${run.id} is written after its end`)
    const job = this.#jobBefore(before, run.job)
    const entry = entryOf(job, run.id)
    if (run.status === 'succeeded' && (entry?.fence !== run.fence || entry.state === 'retry'))
      this.violate(3, `${actor.name} settles ${run.id}, which it does not hold`)
    for (const attempt of newlyEnded(run, was as never)) {
      const isHeld = entry?.fence === attempt.fence && entry.state !== 'retry'
      if (isHeld && (entry.state === 'running' || isCompletedBy(actor, entry))) continue
      this.violate(3, `${actor.name} settles ${run.id} under the old fence ${attempt.fence}`)
    }
  }

  /** A new record: what it stands for has its outcome from now on. */
  #cover(record: Documented, before: Before): void {
    const covered = this.#covered(String(record.job))
    for (const at of this.#coveredBy(record, before)) {
      if (covered.has(at)) this.violate(2, `${String(record.job)}@${at} has two outcomes`)
      covered.add(at)
    }
  }

  #jobBefore(before: Before, name: string): StoredJob | undefined {
    return (before.get(`scheduler_jobs/${name}`) ?? this.job(name)) as never
  }

  #judgeEffect(id: string, is: Documented, before: Before): void {
    if (is.state === 'done') this.#done.add(id)
    else this.#begun.add(`${id} ${String(is.fence)}`)
    const run = String(is.run)
    const name = run.split(/[@:]/)[0]!
    const entry = entryOf(this.#jobBefore(before, name), run)
    if (entry?.fence !== is.fence || entry?.state !== 'running') {
      this.violate(
        3,
        `an effect of ${run} is recorded as ${String(is.state)} under the old fence ${String(is.fence)}`,
      )
    }
  }

  /** The occurrences that a record stands for; a range that miscounts is a violation. */
  #coveredBy(record: Documented, before: Before): number[] {
    if (record.status !== 'skipped')
      return isAskedFor(String(record.id)) ? [] : [Number(record.scheduled_for)]
    // One that was owed may have fallen due under a definition that is no more.
    if (record.count === 1) return [Number(record.first_at)]
    const job = this.#jobBefore(before, String(record.job))
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
