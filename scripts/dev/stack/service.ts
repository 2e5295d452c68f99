import pLimit from 'p-limit'
import type { Env } from '../../../functions/config.ts'
import type { FlagChanges, Revision } from '../../rollout/platform.ts'
import { withChosen } from './chosen-flags.ts'
import type { Revisions } from './revisions.ts'

/** The service as Cloud Run knows it: a set of flags, and the revisions that have them. Its verbs take turns. */
export interface Service {
  /** Changes flags: a text sets one, null unsets it. Resolves to the revision that serves then; see `Revisions.deploy`. */
  deploy(changes: FlagChanges): Promise<string>
  /** No process on the store until `start`, or the next `deploy`. */
  stop(): Promise<void>
  /** Brings the revision back; does nothing while one serves. */
  start(): Promise<void>
  /** The environment of the revision that serves, or would. */
  env(): Env
  revisions(): readonly Revision[]
}

const MOST_WAITING = 10

/** A service with no revision yet. `keep` is told of the choice after each deploy; `store` says how a storage is reached. */
export function createService(options: {
  readonly shell: Env
  readonly own: Env
  readonly chosen: FlagChanges
  readonly revisions: Revisions
  /** What a revision needs in its environment to reach its store; starts that store where it is not there. */
  readonly store: (env: Env) => Promise<Env>
  readonly keep: (chosen: FlagChanges) => void
}): Service {
  const { shell, own, revisions, store, keep } = options
  let { chosen } = options
  let env = withChosen({ shell, own, chosen })
  const limit = pLimit(1)

  async function inTurn<T>(act: () => Promise<T>): Promise<T> {
    if (limit.pendingCount >= MOST_WAITING)
      throw new Error(`${MOST_WAITING} changes of the service wait already. Try again when they are through.`)
    return limit(act)
  }

  async function deployed(next: FlagChanges): Promise<string> {
    const wanted = withChosen({ shell, own, chosen: next })
    const name = await revisions.deploy({ ...wanted, ...(await store(wanted)) })
    env = wanted
    return name
  }

  return {
    deploy: (changes) =>
      inTurn(async () => {
        const next = { ...chosen, ...changes }
        const name = await deployed(next)
        chosen = next
        keep(chosen)
        return name
      }),
    stop: () => inTurn(() => revisions.stop()),
    start: () => inTurn(async () => void (await deployed(chosen))),
    env: () => env,
    revisions: () => revisions.list(),
  }
}
