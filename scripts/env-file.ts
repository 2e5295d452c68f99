import { existsSync } from 'node:fs'
import { loadEnvFile } from 'node:process'

/** Takes the flags of `.env`, where there is one; those of the shell win. Node's own flag for it tells of a missing file at every start. */
export function takeEnvFile(): void {
  if (existsSync('.env')) loadEnvFile('.env')
}
