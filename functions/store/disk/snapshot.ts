import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { keyOf } from '../checked.ts'
import type { Collection, Stored } from '../documents.ts'
import { storable } from '../storable.ts'
import { damaged } from './damaged.ts'

/** All documents as they were after the commit with this number. */
export interface Snapshot {
  readonly commit: number
  readonly documents: readonly Stored[]
}

const DOCUMENT = z.object({
  collection: z.custom<Collection>((value) => typeof value === 'string'),
  id: z.string(),
  version: z.string(),
  fields: z.record(z.string(), z.unknown()),
})
const SNAPSHOT = z.object({ tickover: z.literal(1), commit: z.int().min(0), documents: z.array(DOCUMENT) })

/** Reads the file; null when there is none. Rejects with `storage_damaged` and the position for one that cannot be read. */
export async function readSnapshot(path: string): Promise<Snapshot | null> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
  return bytes === null ? null : parse(path, bytes)
}

function parse(path: string, bytes: Buffer): Snapshot {
  const { commit, documents } = checkShape(path, parseJson(path, bytes))
  const stored = documents.map((document, n) => toStored(path, document, n))
  const places = new Set(stored.map(({ ref }) => keyOf(ref)))
  if (places.size < stored.length) throw damaged(path, 'it holds one document twice')
  return { commit, documents: stored }
}

function parseJson(path: string, bytes: Buffer): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw damaged(path, 'it is not UTF-8 text', error)
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    throw damaged(path, `it is not JSON, ${positionIn(text, error)}`, error)
  }
}

/** Where JSON.parse stopped. It does not name the place when the text ends too early. */
function positionIn(text: string, error: unknown): string {
  const found = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined
  const position = found === undefined ? text.length : Number(found)
  return `at character ${position} (line ${text.slice(0, position).split('\n').length})`
}

function checkShape(path: string, value: unknown): z.infer<typeof SNAPSHOT> {
  const checked = SNAPSHOT.safeParse(value)
  if (checked.success) return checked.data
  const issue = checked.error.issues[0]
  throw damaged(path, `at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'not a snapshot'}`)
}

function toStored(
  path: string,
  { collection, id, version, fields }: z.infer<typeof DOCUMENT>,
  n: number,
): Stored {
  try {
    return { ref: { collection, id }, version, fields: storable(fields).fields }
  } catch (error) {
    throw damaged(path, `documents.${n} (${collection}/${id}) has fields that no store can hold`, error)
  }
}

/** Replaces the file as a whole, one document a line; resolves once the disk has it. */
export async function writeSnapshot(
  path: string,
  commit: number,
  documents: Iterable<Stored>,
): Promise<number> {
  const lines = Array.from(documents, ({ ref, version, fields }) =>
    JSON.stringify({ ...ref, version, fields }),
  )
  const text = `{"tickover":1,"commit":${commit},"documents":[\n${lines.join(',\n')}\n]}\n`
  await writeFileAtomic(path, text)
  await syncFolder(dirname(path))
  return text.length
}

/** A new name is safe from a power cut only once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
