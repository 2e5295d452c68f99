import type { Clock } from '../../functions/clock.ts'
import type { Env } from '../../functions/config.ts'
import type { DispatchEvent } from './cloud-scheduler/send.ts'
import { type CloudScheduler, startCloudScheduler } from './cloud-scheduler.ts'
import { startDemoService } from './demo-service.ts'
import { type Issuer, startIssuer } from './issuer.ts'
import { startFunction } from './stack/function-process.ts'
import { startNear } from './stack/ports.ts'
import { environment, filesIn } from './stack/settings.ts'

/** What the stack is started with. */
export interface StackOptions {
  /** The function's; the others listen next to it, or where there is room. */
  readonly port: number
  /** Where the state is kept. */
  readonly folder: string
  readonly env: Env
  readonly clock: Clock
  readonly random: () => number
  /** Is told of each line that the function writes. */
  readonly onLine: (line: string) => void
  /** Is told of each tick that was not answered well. */
  readonly onMiss: (what: string) => void
}

/** Everything that Google Cloud would be, on this machine. Ticks come every minute. */
export interface Stack {
  /** The function's; also the audience of its tokens. */
  readonly url: string
  readonly demo_url: string
  readonly issuer: Issuer
  /** host:port of Cloud Scheduler. */
  readonly scheduler: string
  /** Has each lane ticked now. */
  tickNow(): Promise<void>
  /** Resolves when the function has ended, to how. */
  readonly ended: Promise<string>
  /** SIGTERM to the function, which drains; then the rest. */
  stop(): Promise<void>
  /** Ends the function at once. */
  kill(): void
}

/** Dispatch jitter as the service shows it, in ms. */
const JITTER = 3_000

/** Starts it and resolves once Cloud Scheduler ticks. Rejects, with nothing left running, when a part cannot start. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { port, clock } = options
  await using parts = new AsyncDisposableStack()
  const issuer = parts.adopt(await startNear(port + 1, (near) => startIssuer({ clock, port: near })), close)
  const demo = parts.adopt(await startNear(port + 2, (near) => startDemoService(clock, near)), close)
  const env = environment({ ...options, certs_url: issuer.certs_url, demo_url: demo.url })
  const worker = parts.adopt(startFunction({ ...options, env }), (it) => it.stop())
  // Google's client takes a while to load; meanwhile the function starts.
  const [{ setUpScheduler, tickNow }] = await Promise.all([import('./stack/first-ticks.ts'), worker.ready()])
  const scheduler = parts.adopt(await startScheduler(options, issuer), close)
  const setup = { ...env, SCHEDULER_API_ENDPOINT: scheduler.endpoint }
  await setUpScheduler(setup, clock)
  const running = parts.move()
  return {
    url: `http://localhost:${port}`,
    demo_url: demo.url,
    issuer,
    scheduler: scheduler.endpoint,
    tickNow: () => tickNow(setup, clock),
    ended: worker.ended,
    kill: () => worker.kill(),
    async stop() {
      // First, while Cloud Scheduler still waits for its answers: so the ticks under way end as they do there.
      await worker.stop()
      await running.disposeAsync()
    },
  }
}

/** Cloud Scheduler, with the jobs that it had when it was last stopped. */
function startScheduler(options: StackOptions, issuer: Issuer): Promise<CloudScheduler> {
  const { port, folder, onMiss } = options
  const state_file = filesIn(folder).cloud_scheduler
  const onDispatch = (event: DispatchEvent) => {
    if (event.kind === 'ended' && !event.succeeded) onMiss(`${event.job}: ${event.message}`)
  }
  return startNear(port + 3, (near) =>
    startCloudScheduler({ ...options, issuer, port: near, jitter_ms: JITTER, state_file, onDispatch }),
  )
}

function close(part: { close(): Promise<void> }): Promise<void> {
  return part.close()
}
