import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'

const published = z.object({ id: z.string(), url: z.string() })

/**
 * A type of one-off jobs: `POST /api/jobs {"job_type": "post_content", "schedule_at", "payload"}` makes one. Unless a
 * definition says otherwise, one-off jobs are tried three times, five minutes apart.
 */
export function postContent(network: Api): JobDefinition {
  return defineJob({
    name: 'post_content',
    description: 'Publishes a post of a campaign',
    lane: 'high',
    payload: z.strictObject({
      platform: z.string().min(1).max(50),
      content: z.string().min(1).max(5000),
      campaign_id: z.string().min(1).max(100),
    }),
    policies: { timeout_seconds: 60, shadow: 'run' },
    async run(ctx) {
      // Published once, whatever happens: a retry or another process gets the stored answer, or sends the same key; a
      // run in shadow gets the last line.
      const post = await ctx.effect(
        'post',
        ctx.payload,
        (key) => network.post('/posts', ctx.payload, published, { key, signal: ctx.signal }),
        { shadow: { id: 'in shadow', url: 'nowhere' } },
      )
      ctx.log.info(`Published ${post.url}`)
      return post
    },
  })
}
