import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'
import type { Emit } from '../observe/events.ts'
import { checkedChanges, checkedQuery, checkRefs } from './checked.ts'
import { type DiskTable, type Outcome, openDiskTable } from './disk/disk-table.ts'
import { type Lock, lockFile } from './disk/lock.ts'
import type { Change, Committed, Documents } from './documents.ts'
import { steadyTime } from './steady.ts'

/** A commit that waits for its turn on the disk. */
interface Waiting {
  readonly changes: readonly Change[]
  readonly answer: (committed: Committed) => void
}

const MOST_WAITING = 1_000

/**
 * Documents in memory with a JSON file behind them, for one process: `path` holds all of them at some commit, and
 * `<path>.journal` the commits since. A commit is `done` once the disk has it; those that arrive while the disk is busy share
 * the next write. Rejects with `storage_locked` when another process uses the file, with `storage_damaged` when it or its
 * journal cannot be read; neither is touched then. `emit` tells of waiting, of repairs and of what later goes wrong.
 */
export async function openJsonDocuments(
  path: string,
  clock: Clock,
  { emit }: { emit: Emit },
): Promise<Documents> {
  await mkdir(dirname(path), { recursive: true })
  const lock = await lockFile(path, clock, emit)
  try {
    return jsonDocuments(path, await openDiskTable(path, clock, emit), lock, clock)
  } catch (error) {
    await lock.release()
    throw error
  }
}

function jsonDocuments(path: string, disk: DiskTable, lock: Lock, clock: Clock): Documents {
  const now = steadyTime(clock)
  const waiting: Waiting[] = []
  let writing: Promise<void> | null = null
  let isClosed = false

  /** Why nothing may be read or written any more; null while all is well. */
  function trouble(): string | null {
    if (isClosed) return `${path} is closed`
    if (!lock.isHeld()) return `the lock on ${path} was lost; restart this process`
    return disk.isSound() ? null : `nobody knows how the last write to ${path} ended; restart this process`
  }

  function read<T>(answer: () => T): { value: T; time: number } {
    const reason = trouble()
    if (reason !== null) throw new TickoverError('store_unreachable', `The store cannot answer: ${reason}.`)
    return { value: answer(), time: now() }
  }

  async function writeAll(): Promise<void> {
    // Commits made in one turn of the event loop share the first write, too.
    await Promise.resolve()
    while (waiting.length > 0) {
      await writeGroup(waiting.splice(0))
      if (lock.isHeld()) await disk.tidy()
    }
    writing = null
  }

  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    const outcomes = await write(group.map(({ changes }) => changes))
    const time = now()
    for (const [n, { answer }] of group.entries()) {
      const outcome = outcomes[n]
      if (outcome !== undefined) answer(outcome.outcome === 'done' ? { ...outcome, time } : outcome)
    }
  }

  async function write(commits: readonly (readonly Change[])[]): Promise<readonly Outcome[]> {
    const reason = trouble()
    if (reason !== null) return commits.map(() => ({ outcome: 'unreachable', reason }))
    return disk.commit(commits, () => lock.isHeld())
  }

  return {
    get: async (refs) => {
      checkRefs(refs)
      return read(() => refs.map((ref) => disk.get(ref)))
    },
    query: async (query) => {
      const asked = checkedQuery(query)
      return read(() => disk.query(asked))
    },
    commit: async (changes) => {
      const checked = checkedChanges(changes)
      const reason = waiting.length < MOST_WAITING ? trouble() : `${MOST_WAITING} commits are waiting already`
      if (reason !== null) return { outcome: 'unreachable', reason }
      const committed = new Promise<Committed>((answer) => waiting.push({ changes: checked, answer }))
      writing ??= writeAll()
      return committed
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      await writing
      await disk.close(lock.isHeld())
      await lock.release()
    },
  }
}
