import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { Job } from './job.ts'

/** The jobs kept in the file; none when there is no file yet. Throws when it is not JSON. */
export function readJobs(path: string): Job[] {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : []
}

/** Replaces the file with these jobs, all or nothing. */
export function writeJobs(path: string, jobs: readonly Job[]): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileAtomic.sync(path, `${JSON.stringify(jobs, null, 2)}\n`)
}
