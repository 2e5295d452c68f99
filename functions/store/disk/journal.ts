import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { damaged } from './damaged.ts'

/** How an append ended: on disk; surely not on disk; or nobody can say, and the journal takes no more. */
export type Appended = 'done' | 'undone' | 'unknown'

/** A file of lines, each with its checksum, that only ever grows until it is cleared. */
export interface Journal {
  /** Writes the lines behind all others; `done` once the disk has them. One call at a time. */
  append(lines: readonly string[]): Promise<Appended>
  /** Forgets every line. */
  clear(): Promise<void>
  /** Its length in bytes. */
  size(): number
  close(): Promise<void>
}

/**
 * Opens or makes the journal and reads it. What stands behind the last line end is a write that a crash tore: it was never
 * acknowledged, and is cut off. Anything else that is not as it was written is `storage_damaged`, and left as it is.
 */
export async function openJournal(
  path: string,
): Promise<{ journal: Journal; lines: string[]; torn: number }> {
  const file = await open(path, 'a+')
  try {
    const bytes = await file.readFile()
    const length = bytes.lastIndexOf('\n') + 1
    const lines = readLines(path, bytes.subarray(0, length))
    if (length < bytes.length) await file.truncate(length)
    return { journal: journalOf(file, length), lines, torn: bytes.length - length }
  } catch (error) {
    await file.close()
    throw error
  }
}

function readLines(path: string, bytes: Buffer): string[] {
  const lines: string[] = []
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf('\n', start)
    const line = bytes.subarray(start, end)
    const text = line.subarray(CHECKSUM + 1)
    if (line.toString('latin1', 0, CHECKSUM + 1) !== `${checksum(text)} `)
      throw damaged(path, `line ${lines.length + 1} (byte ${start}) is not as it was written`)
    lines.push(text.toString())
    start = end + 1
  }
  return lines
}

const CHECKSUM = 8

function checksum(text: string | Buffer): string {
  return crc32(text).toString(16).padStart(CHECKSUM, '0')
}

function journalOf(file: FileHandle, initial: number): Journal {
  let length = initial
  let isSound = true

  /** What a failed write may have left must go, or the next line would stand behind half a one. */
  async function undo(): Promise<Appended> {
    try {
      await file.truncate(length)
      await file.datasync()
      return 'undone'
    } catch {
      isSound = false
      return 'unknown'
    }
  }

  return {
    append: async (lines) => {
      if (!isSound) return 'undone'
      const bytes = Buffer.from(lines.map((line) => `${checksum(line)} ${line}\n`).join(''))
      try {
        await file.appendFile(bytes)
        await file.datasync()
      } catch {
        return undo()
      }
      length += bytes.length
      return 'done'
    },
    clear: async () => {
      await file.truncate(0)
      length = 0
      await file.datasync()
    },
    size: () => length,
    close: () => file.close(),
  }
}
