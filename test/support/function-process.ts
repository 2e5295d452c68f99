import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TickReport } from '../../functions/tick/report.ts'
import { type Issuer, startIssuer } from '../../scripts/dev/issuer.ts'
import { systemClock } from '../../scripts/system-clock.ts'

const FRAMEWORK = pathOf('../../node_modules/@google-cloud/functions-framework/build/src/main.js')

/** Who signs the ticks, and for whom they are meant. */
export const TICKER = 'ticks@test-project.iam.gserviceaccount.com'
export const OPERATOR = 'ops@example.com'
export const AUDIENCE = 'https://tickover.example'

/** Beside what each test says. Node keeps what it compiled, so that it is not compiled again by the next process. */
const ENVIRONMENT = {
  NODE_ENV: 'development', // else the Functions Framework does not say that it listens
  NODE_COMPILE_CACHE: join(tmpdir(), 'tickover-compiled'),
  METADATA_SERVER_DETECTION: 'none',
  SCHEDULER_OIDC_AUDIENCE: AUDIENCE,
  SCHEDULER_SERVICE_ACCOUNT: TICKER,
  SCHEDULER_PRINCIPALS: JSON.stringify({ [OPERATOR]: { roles: ['operator', 'viewer'] } }),
}

const PATIENCE_MS = 30_000

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** An answer of the function, with its body read. */
export interface Answered {
  readonly status: number
  readonly type: string
  readonly body: {
    readonly status?: string | number
    readonly code?: string
    readonly metrics?: TickReport
    readonly id?: string
  }
}

/** The deployed function in a process of its own, behind the real Functions Framework. */
export interface FunctionProcess {
  readonly url: string
  readonly child: ChildProcess
  readonly ended: Promise<Exit>
  /** What it has printed. */
  output(): string
  /** Posts a signed tick, as Cloud Scheduler does. Rejects when the process ends before it has answered. */
  tick(body?: { lane?: string; limit?: number; concurrency?: number }): Promise<Answered>
  /** Posts JSON as an operator, who hangs up when `signal` is aborted. */
  post(path: string, body: unknown, signal?: AbortSignal): Promise<Answered>
  /** Reads as an operator. */
  get(path: string): Promise<Answered>
  /** Ends it at once, if it still lives. */
  kill(): Promise<Exit>
}

let issuer: Promise<Issuer> | null = null

/** The tests' one issuer of tokens, in the process of the test file. */
function theIssuer(): Promise<Issuer> {
  issuer ??= startIssuer({ clock: systemClock })
  return issuer
}

/** Starts `source` (an entry that registers the function `scheduler`) with these flags, and resolves once it listens. */
export async function startFunction(
  env: Readonly<Record<string, string>>,
  source: string = pathOf('./telling-function.ts'),
): Promise<FunctionProcess> {
  const tokens = await theIssuer()
  const { child, ended, output, port } = await launch(source, {
    SCHEDULER_TOKEN_KEYS_URL: tokens.certs_url,
    ...env,
  })
  const url = `http://127.0.0.1:${port}`
  const send = async (email: string, path: string, posted?: unknown, signal: AbortSignal | null = null) => {
    const authorization = `Bearer ${await tokens.mint({ email, audience: AUDIENCE })}`
    const headers = { authorization, 'content-type': 'application/json' }
    const body = posted === undefined ? {} : { method: 'POST', body: JSON.stringify(posted) }
    return answered(await fetch(`${url}${path}`, { headers, signal, ...body }))
  }
  return {
    url,
    child,
    ended,
    output,
    tick: (body = {}) => send(TICKER, '/cron/tick', body),
    post: (path, body, signal) => send(OPERATOR, path, body, signal),
    get: (path) => send(OPERATOR, path),
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

interface Launched extends Pick<FunctionProcess, 'child' | 'ended' | 'output'> {
  readonly port: number
}

/** Listens on a free port; should another process have taken it meanwhile, on the next. */
async function launch(source: string, env: Readonly<Record<string, string>>, tries = 3): Promise<Launched> {
  const port = await freePort()
  const child = spawn(
    process.execPath,
    [FRAMEWORK, '--target=scheduler', `--source=${source}`, `--port=${port}`],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...ENVIRONMENT, PATH: process.env.PATH, ...env },
    },
  )
  const ended = once(child, 'exit').then(([code, signal]): Exit => ({ code, signal }))
  let said = ''
  const listens = new Promise<boolean>((resolve) => {
    setTimeout(resolve, PATIENCE_MS, false).unref()
    const hear = (chunk: Buffer) => {
      said += chunk
      if (said.includes('URL: http')) resolve(true)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    void ended.then(() => resolve(false))
  })
  if (await listens) return { child, ended, output: () => said, port }
  if (tries > 1 && said.includes('EADDRINUSE')) return launch(source, env, tries - 1)
  child.kill('SIGKILL')
  throw new Error(`The function did not start: ${said}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('No free port.')
  return address.port
}

async function answered(response: Response): Promise<Answered> {
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, body: JSON.parse(await response.text()) }
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
