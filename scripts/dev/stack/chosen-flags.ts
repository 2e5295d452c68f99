import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import type { Env } from '../../../functions/config.ts'
import { jsonOrNull } from '../../../functions/json.ts'
import type { FlagChanges } from '../../rollout/platform.ts'

const kept = z.record(z.string(), z.string().nullable())

/** The flags that deploys have chosen so far; none when nothing is kept. Throws when the file is not of that form. */
export function readChosen(path: string): FlagChanges {
  if (!existsSync(path)) return {}
  const chosen = kept.safeParse(jsonOrNull(readFileSync(path, 'utf8')))
  if (chosen.success) return chosen.data
  throw new Error(`${path} cannot be read as flags. Correct it, or delete it to go on without them.`)
}

/** Replaces what is kept, all or nothing. */
export function writeChosen(path: string, chosen: FlagChanges): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileAtomic.sync(path, `${JSON.stringify(chosen, null, 2)}\n`)
}

/** The environment with a choice on top. A flag that is chosen to be unset goes back to what the stack itself sets. */
export function withChosen(parts: {
  readonly shell: Env
  readonly own: Env
  readonly chosen: FlagChanges
}): Env {
  const { shell, own, chosen } = parts
  const others = Object.entries(shell).filter(([name]) => !(name in chosen))
  const set = Object.entries(chosen).flatMap(([name, text]) => (text === null ? [] : [[name, text]]))
  return { ...Object.fromEntries(others), ...own, ...Object.fromEntries(set) }
}
