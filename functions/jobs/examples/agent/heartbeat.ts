import { z } from 'zod'
import { defineJob, type JobDefinition } from '../../../target/handler.ts'
import type { Api } from '../api.ts'

const sent = z.object({ id: z.string() })

/** Every half hour, New York time: the agent shows in its space that it is there. */
export function heartbeat(network: Api): JobDefinition {
  return defineJob({
    name: 'heartbeat',
    description: 'Shows in the agent’s space that it is there',
    lane: 'low',
    schedule: { cron: '*/30 * * * *', time_zone: 'America/New_York' },
    payload: z.strictObject({ space_name: z.string().startsWith('spaces/'), bot_root: z.string().min(1) }),
    with: { space_name: 'spaces/AAA', bot_root: 'bots/main' },
    // It reads nothing that changes: in shadow it says just what it would say live.
    policies: { shadow: 'run' },
    async run(ctx) {
      const { space_name, bot_root } = ctx.payload
      const message = { space_name, bot_root, text: `Here at ${ctx.scheduled_for.toISOString()}` }
      return ctx.effect(
        'message',
        message,
        (key) => network.post('/messages', message, sent, { key, signal: ctx.signal }),
        { shadow: { id: 'in shadow' } },
      )
    },
  })
}
