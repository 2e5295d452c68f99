import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { stream } from 'hono/streaming'
import type { Clock } from '../../functions/clock.ts'
import { liveArrivals, routes, vehicles, weather } from './demo-service/city.ts'
import { duePosts } from './demo-service/posts.ts'
import { createMemory, type Memory } from './demo-service/received.ts'
import { servicesApp } from './demo-service/services/app.ts'
import { schedulerOnly } from './demo-service/services/caller.ts'
import { type Served, serveHere } from './serve-here.ts'

const KINDS = [
  'arrivals',
  'scores',
  'broadcasts',
  'reports',
  'posts',
  'messages',
  'results',
  'reconnects',
  'refusals',
] as const
const MOST_BYTES = 64 * 1024
const MOST_SHOWN = 50

/** A city and a social network: what the examples read, and what they send. It remembers what it received. */
export function demoApp(clock: Clock, memory: Memory = createMemory(clock)): Hono {
  const app = new Hono()
  app.get('/routes', (c) => c.json(routes()))
  app.get('/vehicles', (c) => c.json(vehicles(clock.now())))
  app.get('/weather', (c) => c.json(weather(clock.now())))
  app.get('/arrivals/live', (c) => live(c, clock))
  app.get('/insights/:route', (c) => c.json({ route: c.req.param('route'), usual_delay_seconds: 60 }))
  app.get('/metrics/:campaign', (c) => c.json(metrics(memory, c.req.param('campaign'))))
  app.get('/workspaces/:workspace/settings', (c) =>
    c.json({ account: c.req.param('workspace'), posts_a_minute: 30 }),
  )
  app.get('/posts/due', (c) => c.json(duePosts(clock.now(), memory)))
  app.get('/received', (c) => c.json(memory.summary(MOST_SHOWN)))
  for (const kind of KINDS) {
    app.get(`/${kind}`, (c) => c.json(memory.all(kind).map(({ body }) => body)))
    app.post(`/${kind}`, bodyLimit({ maxSize: MOST_BYTES }), (c) => takeIn(c, memory, kind))
  }
  return app
}

/**
 * Serves it on the loopback address, and with it the services whose jobs the scheduler calls, where it is said which keys
 * (a JWK set) sign for that. Rejects when the port is in use.
 */
export function startDemoService(clock: Clock, port = 0, jwks_url: string | null = null): Promise<Served> {
  const memory = createMemory(clock)
  const app = demoApp(clock, memory)
  if (jwks_url !== null) app.route('/', servicesApp({ clock, memory, isScheduler: schedulerOnly(jwks_url) }))
  return serveHere(app, port)
}

/** Whoever changes something says by which key, so that sending it again changes nothing. */
async function takeIn(c: Context, memory: Memory, kind: string): Promise<Response> {
  const key = c.req.header('idempotency-key')
  if (key === undefined || key.length > 500) return c.text('Send a header Idempotency-Key.', 400)
  const body: unknown = await c.req.json().catch(() => undefined)
  if (body === undefined) return c.text('Send JSON.', 400)
  const { received, repeated } = memory.take(kind, key, body)
  const { id } = received
  return c.json({ id, url: new URL(`/${kind}#${id}`, c.req.url).href }, repeated ? 200 : 201)
}

/** One JSON value a line, for as many minutes as asked, or until the one who asked goes away. */
function live(c: Context, clock: Clock): Response {
  const minutes = Math.min(15, Math.max(1, Number(c.req.query('minutes') ?? 12) || 1))
  c.header('Content-Type', 'application/x-ndjson')
  return stream(c, async (out) => {
    const gone = new AbortController()
    out.onAbort(() => gone.abort())
    for await (const one of liveArrivals(clock, minutes, gone.signal)) {
      await out.writeln(JSON.stringify(one))
    }
  })
}

/** How the posts of a campaign do; made up, but from the posts there are. */
function metrics(memory: Memory, campaign: string) {
  const posts = memory.all('posts').filter(({ body }) => campaignOf(body) === campaign).length
  return { posts, views: 120 * posts, likes: 7 * posts }
}

function campaignOf(post: unknown): unknown {
  return typeof post === 'object' && post !== null && 'campaign_id' in post ? post.campaign_id : null
}
