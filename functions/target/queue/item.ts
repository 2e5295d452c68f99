import { createHash } from 'node:crypto'
import type { Holder, Standing } from '../effect.ts'
import type { Queue } from '../queue.ts'
import type { Held, Hold } from './hold.ts'

/** The right to perform the effects of one item: it ends with the item's lease, or its run's, whichever is earlier. */
export function itemHolder(
  { collection, status_field }: Queue<never>,
  hold: Hold,
  { stored: { ref }, lease }: Held,
  standing: Pick<Standing, 'until'>,
  signal: AbortSignal,
): Holder {
  const { id } = ref
  return {
    subject: `queue:${collection}:${named(status_field)}:${named(id)}:${lease.round}`,
    fence: lease.fence,
    until: () => Math.min(standing.until(), hold.get(id)?.lease.until ?? 0),
    signal,
    ref,
    version: () => hold.get(id)?.stored.version ?? null,
    see: (stored) => hold.see(id, stored),
    name: `The attempt ${lease.attempt} of ${collection}/${id}`,
  }
}

/** A name without a `:`, so that no two items and rounds make one subject; a long one by its hash. */
function named(name: string): string {
  const text = encodeURIComponent(name)
  return text.length <= 200 ? text : `#${createHash('sha256').update(name).digest('hex')}`
}
