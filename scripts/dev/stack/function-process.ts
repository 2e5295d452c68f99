import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../../functions/clock.ts'
import type { Env } from '../../../functions/config.ts'

/** The function under the real Functions Framework, in a process of its own. */
export interface FunctionProcess {
  /** Resolves once it answers that it is well; rejects when it ends before, or after 20 s. */
  ready(): Promise<void>
  /** Resolves to how it ended, whenever that is. */
  readonly ended: Promise<string>
  /** The last lines that it wrote, at most 20. */
  said(): readonly string[]
  /** Resolves once every request that has reached it is taken up, so that SIGTERM lets it finish them. */
  settled(): Promise<void>
  /** As Cloud Run does: SIGTERM, and SIGKILL to what is there after 10 s. */
  stop(): Promise<void>
  kill(): void
}

const FRAMEWORK = fileURLToPath(new URL('main.js', import.meta.resolve('@google-cloud/functions-framework')))
const SOURCE = fileURLToPath(new URL('../function.ts', import.meta.url))
const PATIENCE_MS = 20_000
const LOOK_MS = 50
const KILL_MS = 10_000
const SETTLE_MS = 1_000
const MOST_LINES = 20

/** Starts it on `port`; `onLine` is told of each line that it writes. `source` is the entry that registers it. */
export function startFunction(options: {
  readonly port: number
  readonly source?: string
  readonly env: Env
  readonly clock: Clock
  readonly onLine: (line: string) => void
}): FunctionProcess {
  const { port, clock } = options
  const said: string[] = []
  const child = launch(options, said)
  const over = new AbortController()
  const ended = new Promise<string>((resolve) => {
    // Not `exit`: what it wrote last is still on its way then.
    child.once('close', (code, signal) => {
      over.abort()
      resolve(signal === null ? `exit code ${code}` : signal)
    })
  })
  return {
    ended,
    said: () => said,
    kill: () => void child.kill('SIGKILL'),
    async settled() {
      // It takes connections up in the order in which they came: when it answers this one, it has the others.
      await fetch(healthOf(port), { signal: AbortSignal.timeout(SETTLE_MS) }).catch(() => null)
    },
    async ready() {
      for (
        const end = clock.now() + PATIENCE_MS;
        clock.now() < end;
        await clock.sleep(LOOK_MS, over.signal)
      ) {
        if (over.signal.aborted) throw new Error(`The function ended as it started (${await ended}).`)
        if (await isWell(port)) return
      }
      throw new Error(`The function did not answer on port ${port} within ${PATIENCE_MS / 1000} s.`)
    },
    async stop() {
      child.kill('SIGTERM')
      await Promise.race([ended, clock.sleep(KILL_MS)])
      child.kill('SIGKILL')
      await ended
    },
  }
}

function launch(options: Parameters<typeof startFunction>[0], said: string[]): ChildProcess {
  const { port, env, onLine, source = SOURCE } = options
  const args = [FRAMEWORK, '--target=scheduler', `--source=${source}`, `--port=${port}`]
  const child = spawn(process.execPath, args, {
    env,
    // The channel tells it when this process is gone; a group of its own keeps the terminal's Ctrl-C from it.
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
  })
  const hear = (line: string) => {
    said.push(line)
    if (said.length > MOST_LINES) said.shift()
    onLine(line)
  }
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on('line', hear)
  }
  return child
}

/** Rejects for what no waiting mends: a store that another process uses, or that is damaged. */
async function isWell(port: number): Promise<boolean> {
  const answer = await fetch(healthOf(port)).catch(() => null)
  const problem = problemOf(await answer?.json().catch(() => null))
  if (answer?.status === 500 && problem !== null) throw new Error(problem)
  return answer?.ok ?? false
}

function healthOf(port: number): string {
  return `http://127.0.0.1:${port}/health`
}

function problemOf(body: unknown): string | null {
  return typeof body === 'object' && body !== null && 'detail' in body ? String(body.detail) : null
}
