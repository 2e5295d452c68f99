import type { Clock } from '../../functions/clock.ts'
import type { Env } from '../../functions/config.ts'
import type { DispatchEvent } from './cloud-scheduler/send.ts'
import { type CloudScheduler, startCloudScheduler } from './cloud-scheduler.ts'
import { registerServices } from './demo-service/services/register.ts'
import { newTokens } from './demo-service/services/tokens.ts'
import { startDemoService } from './demo-service.ts'
import { type Iap, startIap } from './iap.ts'
import { type Issuer, startIssuer } from './issuer.ts'
import { firestoreOnDemand } from './stack/firestore-on-demand.ts'
import { startFront } from './stack/front.ts'
import { createLocalService } from './stack/local-service.ts'
import { openControl } from './stack/open-control.ts'
import { startNear } from './stack/ports.ts'
import { createRevisions } from './stack/revisions.ts'
import { filesIn, IAP_AUDIENCE, YOU } from './stack/settings.ts'
import { namesIn } from './stack/tables.ts'

/** What the stack is started with. */
export interface StackOptions {
  /** The function's; the others listen next to it, or where there is room. */
  readonly port: number
  /** Where the state is kept. */
  readonly folder: string
  /** Where jobs are kept, unless a deploy has chosen otherwise. */
  readonly storage: 'json' | 'firestore'
  readonly env: Env
  readonly clock: Clock
  readonly random: () => number
  /** The entry that registers the function; left out: the one with the example jobs. */
  readonly source?: string
  /** How long a revision on Firestore goes on with what is under way once the next one serves, in ms; left out: 0. */
  readonly linger_ms?: number
  /** Is told of each line that the function writes. */
  readonly onLine: (line: string) => void
  /** Is told of each tick that was not answered well. */
  readonly onMiss: (what: string) => void
}

/** Everything that Google Cloud would be, on this machine. Ticks come every minute. */
export interface Stack {
  /** The function's; also the audience of its tokens. */
  readonly url: string
  /** The operators' page, with you signed in. */
  readonly page_url: string
  readonly demo_url: string
  readonly issuer: Issuer
  /** host:port of Cloud Scheduler. */
  readonly scheduler: string
  /** host:port of the Firestore emulator while jobs are kept there, and whether it ends with the stack; else null. */
  firestore(): { readonly host: string; readonly ends: boolean } | null
  /** The team's services start: they register their jobs. */
  registerServices(): Promise<void>
  /** Has each lane ticked now. */
  tickNow(): Promise<void>
  /** Resolves when the function has ended by itself, to how. */
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
  const demo = parts.adopt(
    await startNear(port + 2, (near) => startDemoService(clock, near, issuer.jwks_url)),
    close,
  )
  const firestore = parts.adopt(firestoreOnDemand(options.env), close)
  const front = parts.adopt(await startFront(port, clock), close)
  const revisions = parts.adopt(createRevisions({ ...options, front }), (them) => them.stop())
  const tokens = newTokens(namesIn(options.env.SCHEDULER_SERVICES))
  const made = { issuer, demo_url: demo.url, tokens, firestore, revisions }
  const service = createLocalService({ ...options, ...made })
  // Google's client takes a while to load; meanwhile the function starts.
  const [{ setUpScheduler, tickNow }] = await Promise.all([
    import('./stack/first-ticks.ts'),
    service.start().catch(toldAlready),
  ])
  const scheduler = parts.adopt(await startScheduler(options, issuer), close)
  const iap = parts.adopt(await startIapBefore(port, issuer), close)
  const setup = () => ({ ...service.env(), SCHEDULER_API_ENDPOINT: scheduler.endpoint })
  await setUpScheduler(setup(), clock)
  const url = `http://localhost:${port}`
  const around = { url, issuer: issuer.url, scheduler: scheduler.endpoint, demo: demo.url }
  parts.adopt(await openControl({ ...options, service, firestore, around }), close)
  const running = parts.move()
  return {
    url,
    page_url: `${iap.url}/admin`,
    demo_url: demo.url,
    issuer,
    scheduler: scheduler.endpoint,
    firestore: () => (service.env().SCHEDULER_STORAGE === 'firestore' ? firestore.now() : null),
    registerServices: () => registerServices(url, tokens),
    tickNow: () => tickNow(setup(), clock),
    ended: revisions.ended,
    kill: () => revisions.kill(),
    async stop() {
      // First, while Cloud Scheduler still waits for its answers: so the ticks under way end as they do there.
      await service.stop()
      await front.close()
      await running.disposeAsync()
    },
  }
}

/** IAP, before the function on this port: it signs you in. */
function startIapBefore(port: number, issuer: Issuer): Promise<Iap> {
  return startNear(port + 5, (near) =>
    startIap({ port: near, target: port, audience: IAP_AUDIENCE, email: YOU, issuer }),
  )
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

/** What a process wrote as it failed to start has been on the screen already. */
function toldAlready(error: unknown): never {
  throw error instanceof Error && error.cause instanceof Error ? error.cause : error
}

function close(part: { close(): Promise<void> }): Promise<void> {
  return part.close()
}
