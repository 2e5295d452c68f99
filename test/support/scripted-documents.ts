import { TickoverError } from '../../functions/errors.ts'
import type { Change, Committed, Documents, Ref, Stored } from '../../functions/store/documents.ts'

/** How one call to the store goes wrong, or what happens just before it. */
export type Mishap =
  /** The commit is done, its reply is lost. */
  | 'reply_lost'
  /** The commit is done, its reply is lost, and the client's own second try was refused. */
  | 'conflict_after_success'
  /** The commit never arrives, and nobody can say so. */
  | 'never_arrived'
  /** The store is out of reach. */
  | 'unreachable'
  /** Nothing goes wrong; somebody else is faster. */
  | (() => unknown)

/** The real documents behind a script: each call takes the next line of its kind; without one it goes through. */
export interface Scripted extends Documents {
  readonly commits: Mishap[]
  readonly reads: ('unreachable' | (() => unknown))[]
  /** What was asked to be committed, call by call. */
  readonly asked: (readonly Change[])[]
}

export function scripted(documents: Documents): Scripted {
  const commits: Mishap[] = []
  const reads: Scripted['reads'] = []
  const asked: (readonly Change[])[] = []

  async function read<T>(ask: () => Promise<T>): Promise<T> {
    const mishap = reads.shift()
    if (mishap === 'unreachable') throw new TickoverError('store_unreachable', 'scripted: out of reach')
    await mishap?.()
    return ask()
  }

  async function commit(changes: readonly Change[]): Promise<Committed> {
    asked.push(changes)
    const mishap = commits.shift()
    if (mishap === 'unreachable') return { outcome: 'unreachable', reason: 'scripted: out of reach' }
    if (mishap === 'never_arrived') return { outcome: 'unknown', reason: 'scripted: never arrived' }
    if (typeof mishap === 'function') await mishap()
    const committed = await documents.commit(changes)
    if (committed.outcome !== 'done') return committed
    if (mishap === 'reply_lost') return { outcome: 'unknown', reason: 'scripted: reply lost' }
    if (mishap === 'conflict_after_success') return { outcome: 'conflict', reason: 'scripted: tried again' }
    return committed
  }

  return {
    commits,
    reads,
    asked,
    get: (refs) => read(() => documents.get(refs)),
    query: (query) => read(() => documents.query(query)),
    commit,
    close: () => documents.close(),
  }
}

/**
 * The same documents, each with versions of its own: a version that belongs to another document of the same commit is
 * an error here, where the stores would not notice.
 */
export function withOwnVersions(documents: Documents): Documents {
  return {
    get: async (refs) => {
      const { value, time } = await documents.get(refs)
      return { value: value.map((stored) => (stored === null ? null : outward(stored))), time }
    },
    query: async (query) => {
      const { value, time } = await documents.query(query)
      return { value: value.map(outward), time }
    },
    commit: async (changes) => {
      const committed = await documents.commit(changes.map(inward))
      if (committed.outcome !== 'done') return committed
      const versions = committed.versions.map((version, index) => labelled(version, changes[index]!.ref))
      return { ...committed, versions }
    },
    close: () => documents.close(),
  }
}

function labelled(version: string, { id }: Ref): string {
  return version === '' ? '' : `${version} of ${id}`
}

function outward(stored: Stored): Stored {
  return { ...stored, version: labelled(stored.version, stored.ref) }
}

function inward(change: Change): Change {
  if (change.kind === 'create') return change
  const [version = '', id] = change.version.split(' of ')
  if (id !== change.ref.id) throw new Error(`${change.ref.id} is to be changed at "${change.version}"`)
  return { ...change, version }
}
