import { z } from 'zod'
import { keyOf } from '../checked.ts'
import type { Collection, Fields, Stored } from '../documents.ts'
import type { Write } from '../table.ts'
import { damaged } from './damaged.ts'
import type { Snapshot } from './snapshot.ts'

const LINE = z.object({
  commit: z.int().min(1),
  writes: z.array(
    z.object({
      collection: z.custom<Collection>((value) => typeof value === 'string'),
      id: z.string(),
      fields: z.custom<Fields>((value) => typeof value === 'object').nullable(),
    }),
  ),
})

/** A commit as a line of the journal. Its number is the version of what it wrote. */
export function lineOf(commit: number, writes: readonly Write[]): string {
  return JSON.stringify({
    commit,
    writes: writes.map(({ ref, next }) => ({ ...ref, fields: next?.fields ?? null })),
  })
}

/**
 * The snapshot with the journal's commits on top. Commits that the snapshot has already are passed over (a crash between the
 * two); a gap means that the two files do not belong together: `storage_damaged`.
 */
export function replay(path: string, snapshot: Snapshot, lines: readonly string[]): Snapshot {
  const documents = new Map(snapshot.documents.map((stored) => [keyOf(stored.ref), stored]))
  let last = snapshot.commit
  lines.forEach((text, n) => {
    const line = parse(path, text, n)
    if (line.commit <= last) return
    if (line.commit !== last + 1) throw damaged(path, gap(n, line.commit, last))
    last = line.commit
    for (const { fields, ...ref } of line.writes) put(documents, { ref, version: String(last), fields })
  })
  return { commit: last, documents: [...documents.values()] }
}

function put(documents: Map<string, Stored>, { ref, version, fields }: Stored<Fields | null>): void {
  if (fields === null) documents.delete(keyOf(ref))
  else documents.set(keyOf(ref), { ref, version, fields: Object.freeze(fields) })
}

function parse(path: string, text: string, n: number): z.infer<typeof LINE> {
  try {
    return LINE.parse(JSON.parse(text))
  } catch (error) {
    throw damaged(path, `line ${n + 1} is no commit`, error)
  }
}

function gap(n: number, found: number, last: number): string {
  return `line ${n + 1} is commit ${found}, but the file beside it ends at commit ${last}: they do not belong together`
}
