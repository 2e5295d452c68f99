import { z } from 'zod'
import type { Item } from '../../../target/queue.ts'
import type { Api } from '../api.ts'

const kept = z.object({ id: z.string() })

/** Sends what came of an item, once each time that the item was put into its queue. */
export async function deliver(
  desk: Api,
  step: string,
  { id, effect, signal }: Item<unknown>,
  result: Readonly<Record<string, unknown>>,
): Promise<void> {
  const body = { step, item: id, ...result }
  await effect(step, body, (key) => desk.post('/results', body, kept, { key, signal }))
}
