import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Entry } from './filter.ts'

/** The log entries of one hour, and when it began, in ms. */
export interface Logged {
  readonly began: number
  readonly entries: readonly Entry[]
}

const PROGRAM = join(import.meta.dirname, 'hour.ts')
const HOUR = 3_600_000
/** What Cloud Run adds to whatever the api service writes. */
const RESOURCE = {
  type: 'cloud_run_revision',
  labels: {
    project_id: 'my-project',
    location: 'us-central1',
    service_name: 'tickover',
    configuration_name: 'tickover',
    revision_name: 'tickover-00001-abc',
  },
}

/** Has a process live through an hour of `HOURS`, and takes in what it writes to its standard output. Rejects when it fails. */
export async function liveThrough(hour: string): Promise<Logged> {
  const child = spawn(process.execPath, [PROGRAM, hour], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await ended
  if (code !== 0) throw new Error(`The hour ${hour} ended with ${code}`)
  const entries = Buffer.concat(chunks).toString().split('\n').filter(Boolean).map(entryOf)
  return { began: Math.floor((entries[0]?.time ?? 0) / HOUR) * HOUR, entries }
}

/** What Cloud Logging makes of a line: some fields are the entry's own, the others its payload. */
function entryOf(line: string): Entry {
  const { severity, time, ...fields } = JSON.parse(line) as Record<string, unknown>
  const own = Object.entries(fields).filter(([name]) => !name.startsWith('logging.googleapis.com/'))
  return {
    time: Date.parse(String(time)),
    severity: String(severity),
    resource: RESOURCE,
    jsonPayload: Object.fromEntries(own),
  }
}
