import type { Outcome } from '../../functions/job/outcome.ts'
import { completeRun } from '../../functions/lease/complete.ts'
import type { Call } from '../../functions/target/target.ts'
import { answered } from './answered.ts'
import type { Instance } from './instance.ts'
import type { Chance } from './random.ts'
import type { World } from './world.ts'

/** What the targets of HTTP jobs did, and how their completions were met. */
export const COMPLETIONS = [
  'completed early',
  'completed in time',
  'completed late',
  'completed twice',
  'completed by a foreign token',
  'completion taken',
  'completion refused',
] as const
type Completion = (typeof COMPLETIONS)[number]

/** How long a target may take to complete what it has accepted, in seconds. */
export const DEADLINE_SECONDS = 15

const SUCCEEDED: Outcome = { kind: 'succeeded', result: null, items: null }
const AGAIN: Outcome = { kind: 'retry', error: 'not now', items: null, after_seconds: null }

/** The services behind HTTP jobs, as far as the protocol meets them: they answer, or accept and complete later. */
export class Targets {
  readonly #world: World
  #tokens = 0

  constructor(world: World) {
    this.#world = world
  }

  /** One call: answered at once, after a while, or accepted; a dead instance hears nothing of it. */
  async call(instance: Instance, drawn: Chance, ...attempt: Parameters<Call>): Promise<Outcome> {
    const [{ held, signal }, job] = attempt
    const { faulty } = this.#world
    const token = `token ${this.#tokens++}`
    const kind = drawn.next()
    const accepts = kind < 0.65
    // Some are done before they have said that they accept.
    const isEarly = accepts && drawn.often(0.15)
    if (isEarly) this.#complete('completed early', held.entry.run, token, drawn.whole(0, 500), drawn)
    await instance.clock.sleep(drawn.whole(50, isEarly ? 3000 : 1500), signal)
    if (signal.aborted || (faulty && kind > 0.85)) return AGAIN
    if (!accepts) return SUCCEEDED
    if (!isEarly) this.#plan(held.entry.run, token, drawn)
    const deadline_seconds = job.policies.callback_timeout_seconds
    return { kind: 'accepted', token_hash: token, deadline_seconds, items: null }
  }

  /** Most are completed in time; while there is trouble some late, twice, by another's token, or never. */
  #plan(run: string, token: string, drawn: Chance): void {
    const { faulty } = this.#world
    const soon = drawn.whole(300, 6000)
    if (faulty && drawn.often(0.1)) return
    if (faulty && drawn.often(0.1))
      this.#complete('completed by a foreign token', run, `not ${token}`, soon / 2, drawn)
    const late = faulty && drawn.often(0.25) ? DEADLINE_SECONDS * 1000 + drawn.whole(500, 9000) : 0
    this.#complete(late > 0 ? 'completed late' : 'completed in time', run, token, late || soon, drawn)
    if (late === 0 && drawn.often(0.2))
      this.#complete('completed twice', run, token, soon + drawn.pick([0, 10, 400]), drawn)
  }

  #complete(what: Completion, run: string, token: string, after: number, drawn: Chance): void {
    const world = this.#world
    world.timeline.at(world.timeline.now + after, () => {
      world.count(what)
      void this.#tell(run, token, drawn)
    })
  }

  /** Tells some process how the run ended; whoever hears nothing tells another one, once. */
  async #tell(run: string, token: string, drawn: Chance): Promise<void> {
    const world = this.#world
    const outcome = drawn.often(0.25) && world.faulty ? AGAIN : SUCCEEDED
    for (let tries = 0; tries < 3; tries++) {
      const instance = world.ready(drawn)
      if (instance === null) return
      const completion = { token, asked_at: world.timeline.now }
      const actor = { name: 'target', as: 'target', skewed: false, completion } as const
      const documents = instance.documentsAs(actor)
      const { clock } = instance
      const completing = { documents, clock, random: () => drawn.next(), told: () => undefined }
      const heard = await answered(
        world,
        completeRun(
          completing,
          run,
          (hash) => hash === token,
          async () => outcome,
        ),
      )
      if (heard.kind === 'answer') return world.count('completion taken')
      if (heard.kind === 'refused' && heard.code !== 'store_unreachable')
        return world.count('completion refused')
    }
  }
}
