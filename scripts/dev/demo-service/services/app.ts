import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { Clock } from '../../../../functions/clock.ts'
import type { Memory } from '../received.ts'
import { type Call, readCall } from './call.ts'
import type { IsScheduler } from './caller.ts'
import { SERVICE_JOBS, type ServiceJob } from './jobs.ts'

/** What the services work with. */
export interface ServicesOptions {
  readonly clock: Clock
  /** Keeps each execution under its id, once. */
  readonly memory: Memory
  readonly isScheduler: IsScheduler
}

const MOST_BYTES = 128 * 1024
const MOST_TRIES = 5
const TRY_AGAIN_MS = 1_000

/** The email and user services, each under its own path: they do their jobs when the scheduler calls them, and nobody else. */
export function servicesApp(options: ServicesOptions): Hono {
  const app = new Hono()
  for (const job of SERVICE_JOBS) {
    const { service, endpoint } = job.registration
    app.post(`/${service}${endpoint}`, bodyLimit({ maxSize: MOST_BYTES }), (c) => take(c, job, options))
  }
  return app
}

async function take(c: Context, job: ServiceJob, { clock, memory, isScheduler }: ServicesOptions) {
  const { service, name } = job.registration
  const base = new URL(`/${service}`, c.req.url).href
  if (!(await isScheduler(c.req.header('authorization'), base)))
    return c.json({ error: 'Only the scheduler may call this.' }, 401)
  const call = readCall(await c.req.json().catch(() => null), (header) => c.req.header(header))
  if (call?.jobName !== name) return c.json({ error: `This is no call of ${name}.` }, 400)
  memory.take('executions', call.executionId, { service, ...call })
  if (job.done_after_ms === null) return c.json(resultOf(job, call))
  const word = {
    url: c.req.header('x-scheduler-completion-url'),
    token: c.req.header('x-scheduler-run-token'),
  }
  void clock.sleep(job.done_after_ms).then(() => tellEnd(clock, word, resultOf(job, call)))
  return c.body(null, 202)
}

/** As many items as there are, and as its config allows. */
function resultOf({ items }: ServiceJob, { config }: Call) {
  const { maxEmails } = config
  const count = typeof maxEmails === 'number' ? Math.min(items, maxEmails) : items
  return { success: true, itemsProcessed: count, itemsSucceeded: count, itemsFailed: 0 }
}

/** Says how an accepted run ended; a scheduler that cannot be reached is told again, some times. */
async function tellEnd(
  clock: Clock,
  { url, token }: { readonly url: string | undefined; readonly token: string | undefined },
  result: object,
): Promise<void> {
  if (url === undefined || token === undefined) return
  const headers = { 'content-type': 'application/json', 'x-scheduler-run-token': token }
  const request = { method: 'POST', headers, body: JSON.stringify(result) }
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const answer = await fetch(url, request).catch(() => null)
    if (answer !== null && answer.status < 500) return
    await clock.sleep(TRY_AGAIN_MS)
  }
}
