import type { Records, Standing } from '../effect.ts'
import type { Queue } from '../queue.ts'
import { look } from './look.ts'

const MOST_SHOWN = 20
const LONGEST_ID = 200

/** What a run would take now, by reading alone: how many items, and the first of them by id. */
export async function planQueue(
  { documents, time }: Pick<Records, 'documents' | 'time'>,
  { held, until }: Standing,
  queue: Queue<never>,
): Promise<{ readonly would_take: number; readonly first: readonly string[] }> {
  const { owner, run } = held.entry
  const bounds = { most: queue.batch, max_instances: 1, max_attempts: 1 }
  const { take, spend } = await look(documents, queue, {
    owner,
    run,
    now: time.now(),
    until: until(),
    ...bounds,
  })
  const ids = [...take, ...spend].slice(0, queue.batch).map(({ found }) => found.ref.id)
  return { would_take: ids.length, first: ids.slice(0, MOST_SHOWN).map((id) => id.slice(0, LONGEST_ID)) }
}
