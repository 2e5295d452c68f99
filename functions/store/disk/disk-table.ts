import type { Clock } from '../../clock.ts'
import type { Emit } from '../../observe/events.ts'
import type { Asked } from '../asked.ts'
import { keyOf } from '../checked.ts'
import type { Change, Committed, Ref, Stored } from '../documents.ts'
import { type Staged, type Table, table } from '../table.ts'
import { type Appended, type Journal, openJournal } from './journal.ts'
import { lineOf, replay } from './replay.ts'
import { readSnapshot, type Snapshot, writeSnapshot } from './snapshot.ts'

/** How a commit ended, before anybody looked at the clock. */
export type Outcome =
  | Exclude<Committed, { outcome: 'done' }>
  | { readonly outcome: 'done'; readonly versions: readonly string[] }

/** A table whose every state is on disk before anybody sees it. */
export interface DiskTable {
  get(ref: Ref): Stored | null
  query(asked: Asked): readonly Stored[]
  /**
   * Checks, writes and applies the commits in this order, with one write for all of them. `isOurs` is asked once the disk has
   * them: if not, nobody can say what became of them. One call at a time.
   */
  commit(commits: readonly (readonly Change[])[], isOurs: () => boolean): Promise<readonly Outcome[]>
  /** Is it known what the disk holds? Once false, only opening it again helps. */
  isSound(): boolean
  /** Moves the journal into the snapshot when it has grown large. */
  tidy(): Promise<void>
  /** Moves the journal into the snapshot, if told that the files are still ours. */
  close(isOurs: boolean): Promise<void>
}

/** The journal may grow to the size of the snapshot and this much more. */
const SPARE_BYTES = 4 * 1024 * 1024

/** Opens the snapshot at `path` and its journal, or makes them. Rejects with `storage_damaged`. */
export async function openDiskTable(path: string, clock: Clock, emit: Emit): Promise<DiskTable> {
  const journalPath = `${path}.journal`
  const found = await readSnapshot(path)
  const { journal, lines, torn } = await openJournal(journalPath)
  try {
    const state = replay(journalPath, found ?? { commit: 0, documents: [] }, lines)
    if (torn > 0) emit({ kind: 'store_trouble', action: 'open', reason: tornWrite(journalPath, torn) })
    const bytes = found === null ? await writeSnapshot(path, state.commit, state.documents) : 0
    return diskTable({ path, journal, clock, emit, bytes }, state)
  } catch (error) {
    await journal.close()
    throw error
  }
}

interface Disk {
  readonly path: string
  readonly journal: Journal
  readonly clock: Clock
  readonly emit: Emit
  /** The size of the snapshot. */
  bytes: number
}

function diskTable(disk: Disk, state: Snapshot): DiskTable {
  const { path, journal, clock, emit } = disk
  const documents = table(state.documents)
  let commit = state.commit
  let isSound = true

  async function compact(): Promise<void> {
    dropExpired(documents, clock.now())
    try {
      disk.bytes = await writeSnapshot(path, commit, documents.all())
      await journal.clear()
    } catch (error) {
      emit({ kind: 'store_trouble', action: 'compact', reason: `${path}: ${String(error)}` })
    }
  }

  return {
    get: (ref) => documents.get(ref),
    query: (asked) => documents.query(asked),
    isSound: () => isSound,
    commit: async (commits, isOurs) => {
      const { staged, lines } = stageAll(documents, commits, commit)
      const appended = lines.length === 0 ? 'done' : await journal.append(lines)
      const ended = appended === 'done' && !isOurs() ? 'unknown' : appended
      if (ended !== 'done') {
        isSound &&= ended !== 'unknown'
        return commits.map(() => failure(path, ended))
      }
      commit += lines.length
      for (const one of staged) if ('writes' in one) documents.apply(one.writes)
      return staged.map(outcomeOf)
    },
    tidy: async () => {
      if (isSound && journal.size() > disk.bytes + SPARE_BYTES) await compact()
    },
    close: async (isOurs) => {
      if (isOurs && isSound && journal.size() > 0) await compact()
      await journal.close()
    },
  }
}

/** Each commit sees those before it, though none of them is applied yet. */
function stageAll(documents: Table, commits: readonly (readonly Change[])[], last: number) {
  const ahead = new Map<string, Stored | null>()
  const lines: string[] = []
  const staged = commits.map((changes): Staged => {
    const number = last + lines.length + 1
    const one = documents.stage(changes, String(number), ahead)
    if ('conflict' in one) return one
    for (const { ref, next } of one.writes) ahead.set(keyOf(ref), next)
    lines.push(lineOf(number, one.writes))
    return one
  })
  return { staged, lines }
}

function outcomeOf(staged: Staged): Outcome {
  if ('conflict' in staged) return { outcome: 'conflict', reason: staged.conflict }
  return { outcome: 'done', versions: staged.versions }
}

function failure(path: string, appended: Exclude<Appended, 'done'>): Outcome {
  if (appended === 'undone')
    return { outcome: 'unreachable', reason: `${path}.journal cannot be written: is the disk full?` }
  return { outcome: 'unknown', reason: `nobody can say whether ${path}.journal was written` }
}

/** What Firestore's time-to-live policy does there. */
function dropExpired(documents: Table, now: number): void {
  const expired = Array.from(documents.all()).filter(
    ({ fields }) => typeof fields.expire_at === 'number' && fields.expire_at < now,
  )
  documents.apply(expired.map(({ ref }) => ({ ref, next: null })))
}

function tornWrite(path: string, bytes: number): string {
  return `${path} ended in ${bytes} bytes of a write that was never acknowledged: they were cut off.`
}
