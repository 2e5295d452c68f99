import { stat } from 'node:fs/promises'
import { lock } from 'proper-lockfile'
import type { Clock } from '../../clock.ts'
import { TickoverError } from '../../errors.ts'
import type { Emit } from '../../observe/events.ts'

/** A holder that has not touched its lock for this long is dead. */
const STALE_MS = 5_000
const TOUCH_MS = 1_000
const LOOK_MS = 250
const MOST_LOOKS = (STALE_MS + 3_000) / LOOK_MS

/** A lock held. */
export interface Lock {
  /** Is it still ours? Never true again once it was lost. */
  isHeld(): boolean
  release(): Promise<void>
}

/**
 * Takes `<path>.lock` for this process. A lock that its dead holder left is taken over after 5 s, and `emit` tells of
 * the wait; a living holder is answered `storage_locked` as soon as it shows life. Should the lock be lost later (the
 * process hung for seconds and another took over), `emit` tells of that too.
 */
export async function lockFile(path: string, clock: Clock, emit: Emit): Promise<Lock> {
  let touched: number | null = null
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const held = await tryLock(path, emit)
    if (held !== null) return held
    const last = await touchedAt(path)
    if (touched !== null && last !== null && last !== touched) break
    if (look === 0) emit({ kind: 'store_trouble', action: 'lock', reason: waiting(path) })
    touched = last
    await clock.sleep(LOOK_MS)
  }
  throw new TickoverError('storage_locked', locked(path))
}

async function tryLock(path: string, emit: Emit): Promise<Lock | null> {
  let isHeld = true
  const onCompromised = () => {
    isHeld = false
    emit({ kind: 'store_trouble', action: 'lock', reason: lost(path) })
  }
  try {
    const release = await lock(path, { realpath: false, stale: STALE_MS, update: TOUCH_MS, onCompromised })
    return { isHeld: () => isHeld, release: async () => (isHeld ? release() : undefined) }
  } catch (error) {
    if (isCode(error, 'ELOCKED')) return null
    throw error
  }
}

async function touchedAt(path: string): Promise<number | null> {
  try {
    return (await stat(`${path}.lock`)).mtimeMs
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

function waiting(path: string): string {
  return `${path}.lock is there: waiting up to ${STALE_MS / 1_000} s to see whether its holder lives.`
}

function locked(path: string): string {
  return `${path} is in use by another process (it keeps ${path}.lock fresh). Stop that process, or give this one a file of its own.`
}

function lost(path: string): string {
  return `${path}.lock was lost to another process: nothing more is read from or written to ${path}. Restart this process.`
}
