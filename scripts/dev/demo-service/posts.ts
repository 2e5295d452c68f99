import type { Memory } from './received.ts'

const SLOT = 300_000
const WORKSPACES = ['bakery', 'museum', 'theatre']

/** What the teams planned for the last five minutes, one post each, as far as it is not out. */
export function duePosts(now: number, memory: Memory) {
  const slot = Math.floor(now / SLOT)
  const out = new Set(memory.all('posts').map(({ body }) => idOf(body)))
  return WORKSPACES.map((workspace) => ({
    id: `${workspace}-${slot}`,
    workspace,
    content: `What the ${workspace} has to say`,
    media_url: null,
  })).filter(({ id }) => !out.has(id))
}

function idOf(post: unknown): unknown {
  return typeof post === 'object' && post !== null && 'id' in post ? post.id : null
}
