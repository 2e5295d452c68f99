import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import type { ServiceState } from '../whereabouts.ts'
import type { Service } from './service.ts'
import { isServiceFlag, OWN_FLAGS } from './settings.ts'

const MOST_BYTES = 256 * 1024

const changes = z
  .record(
    z.string(),
    z
      .string()
      .max(64 * 1024)
      .nullable(),
  )
  .superRefine((env, context) => {
    for (const name of Object.keys(env)) {
      const reason = reasonAgainst(name)
      if (reason !== null) context.addIssue({ code: 'custom', path: [name], message: reason })
    }
  })
const patch = z.strictObject({ env: changes })

function reasonAgainst(flag: string): string | null {
  if (!isServiceFlag(flag)) return 'only ENVIRONMENT, SCHEDULER_*, ROLLOUT_* and DATABASE_* can be set'
  return OWN_FLAGS.includes(flag) ? 'is what makes the function a part of this stack; leave it' : null
}

/** What the local stack does of Cloud Run's own API, for programs of this machine: the service, and changes of it. */
export function controlApp(options: {
  readonly service: Service
  readonly state: () => ServiceState
  /** Starts the Firestore emulator if there is none yet; resolves to its host. */
  readonly firestore: () => Promise<string>
}): Hono {
  const { service, state, firestore } = options
  const app = new Hono()
  app.use(async (c, next) =>
    isFromHere(c) ? next() : refused(c, 403, 'Only programs of this machine may ask.'),
  )
  app.onError((error, c) => refused(c, 409, error.message))
  app.get('/service', (c) => c.json(state()))
  app.patch('/service', bodyLimit({ maxSize: MOST_BYTES }), async (c) => {
    const body = patch.safeParse(await c.req.json().catch(() => null))
    if (!body.success) return refused(c, 400, z.prettifyError(body.error))
    return c.json({ revision: await service.deploy(body.data.env), ...state() })
  })
  app.post('/service/stop', async (c) => {
    await service.stop()
    return c.json(state())
  })
  app.post('/service/start', async (c) => {
    await service.start()
    return c.json(state())
  })
  app.post('/firestore', async (c) => c.json({ host: await firestore() }))
  return app
}

/** A page in a browser names its origin, and one that had its name point here names that as the host: neither may ask. */
function isFromHere(c: Context): boolean {
  const host = c.req.header('host') ?? ''
  return c.req.header('origin') === undefined && /^(127\.0\.0\.1|localhost):\d{1,5}$/.test(host)
}

function refused(c: Context, status: 400 | 403 | 409, detail: string): Response {
  return c.json({ status, detail }, status, { 'content-type': 'application/problem+json' })
}
