import type { Env } from '../../functions/config.ts'
import type { Scheduler } from '../setup/scheduler.ts'

/** What is to become of flags: a text sets one, null unsets it. */
export type FlagChanges = Readonly<Record<string, string | null>>

/** Where state is kept, as `SCHEDULER_STORAGE` names it. */
export type StorageKind = 'json' | 'firestore'

/** One revision of the service. */
export interface Revision {
  readonly name: string
  /** Has it all the traffic? */
  readonly serves: boolean
}

/** What the in-process loop needs of a service: CPU between requests, and an instance that is there. */
export interface Capacity {
  readonly cpu_always: boolean
  readonly min_instances: number
}

/**
 * Where a rollout happens: the local stack, or a Cloud Run service. Every verb may be called again after it was cut off:
 * what is done already is left as it is. Rejects with an error whose message says what to do.
 */
export interface Platform {
  /** For people: `the local stack at http://localhost:8080`. */
  readonly name: string
  /** The base URL of the service, which is also the audience of its tokens. */
  readonly url: string
  /** An ID token of an operator for that audience. */
  token(): Promise<string>
  /** The environment flags that the serving revision has. */
  flags(): Promise<Env>
  revisions(): Promise<readonly Revision[]>
  /**
   * Brings up a revision with these changes, gives it all the traffic once it answers, and lets the old one drain.
   * Resolves to the new revision's name; with no difference to what serves, to that one's. Rejects, with the old one still serving, when the
   * new one does not come up.
   */
  deploy(changes: FlagChanges): Promise<string>
  /** Takes the service off the store: no revision holds it. Only where the storage allows no two processes. */
  stop(): Promise<void>
  /** Why the state cannot be moved from or to the json storage here, and what to do; null: it can. Absent where it always can. */
  copyProblem?(): string | null
  /** Moves jobs, open runs and effects from one storage to the other; see `npm run jobs -- copy`. */
  copyState(from: StorageKind, to: StorageKind, say: (line: string) => void): Promise<void>
  /** Cloud Scheduler, as the setup script reaches it; the caller closes it. */
  scheduler(): Scheduler
  /** The environment that the setup script is run with for these flags. */
  setupEnv(flags: Env): Env
  /** Absent where a process runs all the time. */
  capacity?(): Promise<Capacity>
  /** The shell commands that `deploy` stands for, for people to read or to run by hand. */
  commandsFor(changes: FlagChanges): readonly string[]
  /** Where else these changes must be written down, or they do not last; lines for people. Absent where that is nowhere. */
  keep?(changes: FlagChanges): readonly string[]
}
