import { z } from 'zod'
import { JobFailure } from '../../../target/failure.ts'
import { type Context, defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'
import { type Trouble, troubleOf } from './trouble.ts'

const post = z.object({
  id: z.string(),
  workspace: z.string(),
  content: z.string(),
  media_url: z.string().nullable(),
})
const due = z.array(post)
const settings = z.object({ account: z.string(), posts_a_minute: z.int().min(1) })
const taken = z.object({ id: z.string() })

type Post = z.infer<typeof post>

/** How many posts one run takes, and how many of them go out at once. */
interface Pace {
  readonly batch: number
  readonly concurrency: number
}

/** One run: what it talks to, and the workspaces for which nothing more goes out in it. */
interface Publishing {
  readonly ctx: Context<unknown>
  readonly network: Api
  readonly closed: Map<string, Trouble>
  readonly troubles: Partial<Record<Trouble, number>>
}

/** Every five minutes: publishes the posts that are due, of many workspaces whose settings are read once for all of them. */
export function publishDuePosts(
  network: Api,
  { batch, concurrency }: Pace = { batch: 20, concurrency: 5 },
): JobDefinition {
  return defineJob({
    name: 'publish-due-posts',
    description: 'Publishes the posts that are due',
    lane: 'low',
    schedule: '*/5 * * * *',
    payload: z.strictObject({}),
    policies: { timeout_seconds: 240 },
    async run(ctx) {
      const posts = await network.get(`/posts/due?limit=${batch}`, due, ctx.signal)
      const publishing = { ctx, network, closed: new Map<string, Trouble>(), troubles: {} }
      const result = await ctx.each(posts, (one) => publish(publishing, one), {
        concurrency,
        name: ({ id }) => id,
      })
      return { ...result, troubles: publishing.troubles }
    },
  })
}

async function publish(publishing: Publishing, one: Post): Promise<void> {
  const { ctx, closed } = publishing
  const why = closed.get(one.workspace)
  if (why !== undefined) throw new JobFailure(`Put off, since another post of ${one.workspace} met ${why}`)
  try {
    await send(publishing, one)
  } catch (error) {
    ctx.signal.throwIfAborted()
    const trouble = troubleOf(error)
    if (trouble !== null) await meet(publishing, one, trouble)
    throw error
  }
}

async function send({ ctx, network }: Publishing, one: Post): Promise<void> {
  const { workspace } = one
  const path = `/workspaces/${encodeURIComponent(workspace)}/settings`
  const { account, posts_a_minute } = await ctx.cache(`${workspace}:settings`, () =>
    network.get(path, settings, ctx.signal),
  )
  await ctx.limit(account, { points: posts_a_minute, seconds: 60 })
  const body = { ...one, account }
  await ctx.effect(`post ${one.id}`, body, (key) =>
    network.post('/posts', body, taken, { key, signal: ctx.signal }),
  )
}

/** Does about a trouble what can be done: what a person has to mend is told to them, and taken off the list of what is due. */
async function meet(
  { ctx, network, closed, troubles }: Publishing,
  one: Post,
  trouble: Trouble,
): Promise<void> {
  const { id, workspace } = one
  troubles[trouble] = (troubles[trouble] ?? 0) + 1
  const tell = (path: string, body: object, about: string) =>
    ctx.effect(`${path} ${about}`, body, (key) =>
      network.post(path, body, taken, { key, signal: ctx.signal }),
    )
  switch (trouble) {
    case 'rate_limited':
      closed.set(workspace, trouble)
      return
    case 'token_expired':
      closed.set(workspace, trouble)
      await tell('/reconnects', { workspace }, workspace)
      return
    case 'bad_media':
      await tell('/refusals', { id, workspace }, id)
      return
    case 'network':
  }
}
