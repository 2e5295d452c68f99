import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { untilAsync } from '../support/until-async.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/dev.ts', import.meta.url))

/** `npm start` as a process, in a folder of the test's. */
export interface LocalStack {
  readonly pid: number
  /** All that it has printed. */
  output(): string
  /** Resolves once a line that matches was printed. */
  printed(pattern: RegExp, what: string): Promise<void>
  /** The address after these words. */
  address(words: string): string
  /** The commands that it printed to be pasted. */
  curls(): readonly string[]
  signal(signal: NodeJS.Signals): void
  /** Resolves to the exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
}

/** Starts it; does not wait for anything. */
export function npmStart(folder: string, port: number, ...args: readonly string[]): LocalStack {
  const child = spawn(process.execPath, [SCRIPT, ...args], {
    cwd: folder,
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk))
  const ended = once(child, 'exit').then(([code]): number | null => code)
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => said,
    printed: (pattern, what) => untilAsync(async () => pattern.test(said), `${what}; it printed ${said}`),
    address: (words) => said.match(new RegExp(`${words}\\s+(\\S+)`))?.[1] ?? '',
    curls: () => said.match(/^ +curl .*$/gm)?.map((line) => line.trim()) ?? [],
    signal: (signal) => void child.kill(signal),
  }
}

/** What a command prints in a shell, as JSON. */
export async function inShell(command: string): Promise<Record<string, unknown>> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command])
  return JSON.parse(stdout)
}
