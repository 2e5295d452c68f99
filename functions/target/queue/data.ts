import type { Fields } from '../../store/documents.ts'
import { JobFailure } from '../failure.ts'
import type { Queue } from '../queue.ts'
import { LEASE_FIELD } from './lease.ts'

/** What an item says, as its queue's schema reads it, our own field left out. Throws a `JobFailure` for one that it refuses. */
export function readData({ item }: Queue<never>, fields: Fields): never {
  const { [LEASE_FIELD]: _, ...own } = fields
  const parsed = item.safeParse(own)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- defineQueue ties the schema's type to `process`
  if (parsed.success) return parsed.data as never
  const [issue] = parsed.error.issues
  const place = issue?.path.join('.') || 'the item'
  throw new JobFailure(`${place}: ${issue?.message ?? 'is refused by its schema'}`, { retryable: false })
}
