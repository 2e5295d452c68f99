import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'

/** Not 1 or 2, which are verdicts for some commands: nothing was looked at. */
const UNREADABLE = 70

/**
 * Takes the flags of `.env`, where there is one; those of the shell win. Node's own flag for it tells of a missing file at every start.
 * Ends the process, saying why, when the file cannot be read: without it the flags would be others.
 */
export function takeEnvFile(): void {
  if (!existsSync('.env')) return
  try {
    loadEnvFile('.env')
  } catch (error) {
    process.stderr.write(`.env cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(UNREADABLE)
  }
}
