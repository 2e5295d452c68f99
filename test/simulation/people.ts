import { auditChange } from '../../functions/admin/audit.ts'
import { backfillOf } from '../../functions/job/backfill.ts'
import { type Job, manualRunId } from '../../functions/job/job.ts'
import { chooseEnabled, chooseSchedule, reset } from '../../functions/job/overrides.ts'
import { parseJob } from '../../functions/job/parse.ts'
import { changeJob } from '../../functions/lease/change.ts'
import { add } from '../../functions/lease/enqueue.ts'
import { jobRef } from '../../functions/lease/held.ts'
import { releaseLease } from '../../functions/lease/release.ts'
import { removeJob } from '../../functions/lease/remove.ts'
import type { Change, Documents } from '../../functions/store/documents.ts'
import type { Actor } from './actor.ts'
import { answered, type Heard } from './answered.ts'
import type { Instance } from './instance.ts'
import type { Chance } from './random.ts'
import { SERVED } from './registrations.ts'
import { START, type World } from './world.ts'

/** What operators do, and how it was met. */
export const ACTIONS = [
  'trigger',
  'trigger refused: already_running',
  'trigger refused: clock_skew',
  'release',
  'disable',
  'enable',
  'cron',
  'reset',
  'backfill',
  'delete',
  'delete refused: already_running',
] as const

/** Jobs that an operator disables and enables, and those whose schedule is changed. */
const PAUSED = ['windowed', 'effects', 'queued', 'called']
const MOVED_ABOUT = ['quick', 'many', 'queued', 'called']
const BACKFILLED = ['effects', 'flaky', 'all', 'called']
const TRIGGERED =
  'quick effects many flaky all windowed queued replaced long hung poisoned called digest'.split(' ')

const OPERATOR: Actor = { name: 'operator', as: 'operator', skewed: false }
const RELEASE: Actor = { name: 'operator', as: 'release', skewed: false }

type Act = (instance: Instance, drawn: Chance) => Promise<Heard<unknown>>

/** What operators did in one world: any process takes it, with all that may happen to that. */
export class Operators {
  readonly #world: World
  readonly #drawn: Chance
  #actions = 0
  #backfills: string[] = []

  constructor(world: World) {
    this.#world = world
    this.#drawn = world.chance.fork()
  }

  /** One action on some job. */
  async act(): Promise<void> {
    const drawn = this.#drawn
    const [what, act] = drawn.pick(this.#choices())
    const instance = this.#world.ready(drawn)
    if (instance === null) return
    const heard = await act(instance, drawn)
    this.#world.count(heard.kind === 'refused' ? `${what} refused: ${heard.code}` : what)
  }

  /** Everything stands as it was registered, however often the store says no. */
  async calm(): Promise<void> {
    const documents = this.#world.as(OPERATOR)
    for (const name of [...PAUSED, ...MOVED_ABOUT]) {
      const changing = { to: reset, also: () => [this.#audit('job_reset', name, 0, this.#actions++)] }
      await changeJob(documents, name, changing).catch(() => {})
    }
  }

  #choices(): readonly (readonly [string, Act])[] {
    const trigger: readonly [string, Act] = ['trigger', (...by) => this.#trigger(...by)]
    return [
      trigger,
      trigger,
      trigger,
      trigger,
      ['release', (...by) => this.#release(...by)],
      ['release', (...by) => this.#release(...by)],
      ['disable', (...by) => this.#enable(false, ...by)],
      ['enable', (...by) => this.#enable(true, ...by)],
      ['cron', (...by) => this.#reschedule(...by)],
      ['reset', (...by) => this.#reset(...by)],
      ['backfill', (...by) => this.#backfill(...by)],
      ['delete', (...by) => this.#remove(...by)],
    ]
  }

  #trigger(instance: Instance, drawn: Chance): Promise<Heard<unknown>> {
    const job = drawn.pick(TRIGGERED)
    const id = this.#actions++
    const run = manualRunId(job, `asked-${id}`)
    const also = (now: number) => [this.#audit('job_triggered', job, now, id)]
    return answered(
      this.#world,
      instance.trigger({ job, run, asked: { by: 'manual', user: null }, also }),
      300_000,
    )
  }

  #release(instance: Instance, drawn: Chance): Promise<Heard<unknown>> {
    const held = TRIGGERED.filter((name) =>
      this.#world.watch.job(name)?.entries.some(({ state }) => state !== 'retry'),
    )
    const job = drawn.pick(held.length === 0 ? TRIGGERED : held)
    const run = drawn.often(0.5) ? null : (this.#world.watch.job(job)?.entries[0]?.run ?? null)
    const id = this.#actions++
    const also = (_job: Job, _deaths: unknown, now: number) => [this.#audit('job_released', job, now, id)]
    const releasing = releaseLease(instance.documentsAs(RELEASE), job, { run, why: 'hangs', also })
    return answered(this.#world, releasing)
  }

  #enable(enabled: boolean, instance: Instance, drawn: Chance): Promise<Heard<unknown>> {
    return this.#change(instance, drawn.pick(PAUSED), (job, at) => chooseEnabled(job, enabled, choice(at)))
  }

  #reschedule(instance: Instance, drawn: Chance): Promise<Heard<unknown>> {
    const schedule = { kind: 'every', seconds: drawn.whole(6, 20), anchor_at: START } as const
    return this.#change(instance, drawn.pick(MOVED_ABOUT), (job, at) =>
      chooseSchedule(job, schedule, choice(at)),
    )
  }

  #reset(instance: Instance, drawn: Chance): Promise<Heard<unknown>> {
    return this.#change(instance, drawn.pick([...PAUSED, ...MOVED_ABOUT]), reset)
  }

  #change(instance: Instance, name: string, to: (job: Job, now: number) => Job): Promise<Heard<unknown>> {
    const id = this.#actions++
    const also = (_before: Job, _after: Job, now: number) => [this.#audit('job_changed', name, now, id)]
    return answered(this.#world, changeJob(instance.documentsAs(OPERATOR), name, { to, also }))
  }

  /** At most three of a world, of some occurrences before its beginning. */
  async #backfill(instance: Instance, drawn: Chance): Promise<Heard<unknown>> {
    if (this.#backfills.length >= 3) return { kind: 'silence' }
    const name = drawn.pick(BACKFILLED)
    const documents = instance.documentsAs(OPERATOR)
    const adding = async (): Promise<void> => {
      const parent = await this.#read(documents, name)
      if (parent === null) return
      const range = { from: START - drawn.whole(20_000, 60_000), to: START - 1 }
      const { job } = backfillOf(parent, range, `b${this.#backfills.length}`, this.#world.timeline.now)
      this.#backfills.push(job.name)
      const entry = this.#audit('job_backfilled', name, this.#world.timeline.now, this.#actions++)
      await add(documents, job, [entry])
    }
    return answered(this.#world, adding())
  }

  async #read(documents: Documents, name: string): Promise<Job | null> {
    const stored = (await documents.get([jobRef(name)])).value[0] ?? null
    const job = stored === null ? null : parseJob(stored)
    return job?.ok === true ? job.value : null
  }

  #remove(instance: Instance, drawn: Chance): Promise<Heard<unknown>> {
    const name = drawn.pick([...SERVED, ...SERVED, ...this.#backfills])
    const id = this.#actions++
    const also = (_job: Job | null, now: number) => [this.#audit('job_deleted', name, now, id)]
    return answered(this.#world, removeJob(instance.documentsAs(OPERATOR), name, also))
  }

  #audit(action: string, subject: string, at: number, id: number): Change {
    const entry = { action, at, actor: OPERATOR.name, subject, reason: '', before: null, after: null }
    return auditChange(`action ${id}`, entry)
  }
}

function choice(at: number) {
  return { by: OPERATOR.name, at, reason: `at ${at}` }
}
