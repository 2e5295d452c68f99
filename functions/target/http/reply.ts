import { z } from 'zod'
import type { Items, Outcome } from '../../job/outcome.ts'
import { outcomeOf } from '../failure.ts'
import { describe, toText } from '../storable.ts'
import { dataWithout, readable, without } from './readable.ts'

/** What a target says of its run, at once or later. */
export interface Reply {
  readonly success: boolean
  readonly itemsProcessed?: number | null | undefined
  readonly itemsSucceeded?: number | null | undefined
  readonly itemsFailed?: number | null | undefined
  readonly error?: string | null | undefined
  readonly metadata?: unknown
  /** false: trying again would not help. */
  readonly retryable?: boolean | null | undefined
}

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullish()

/** A reply as it has to be. */
export const REPLY = z.object({
  success: z.boolean(),
  itemsProcessed: count,
  itemsSucceeded: count,
  itemsFailed: count,
  error: z.string().nullish(),
  metadata: z.unknown().optional(),
  retryable: z.boolean().nullish(),
}) satisfies z.ZodType<Reply>

const { success, itemsProcessed, itemsSucceeded, itemsFailed, error, metadata, retryable } = REPLY.shape

/** A reply as targets happen to write it: one bad field hides no other. */
export const LENIENT_REPLY = z.object({
  success,
  itemsProcessed: itemsProcessed.catch(null),
  itemsSucceeded: itemsSucceeded.catch(null),
  itemsFailed: itemsFailed.catch(null),
  error: error.catch(null),
  metadata,
  retryable: retryable.catch(null),
}) satisfies z.ZodType<Reply>

/**
 * What a reply comes to, without the secrets that the target was sent; `after_seconds`: how long it wants to be left alone, where
 * it said so.
 */
export function outcomeOfReply(
  reply: Reply,
  after_seconds: number | null,
  secrets: readonly string[],
): Outcome {
  const items = itemsOf(reply)
  if (reply.success) return achieved(reply.metadata, secrets, items)
  const text = describe(
    readable(without(secrets, reply.error ?? '')) || 'The target says that it failed, and not why',
  )
  if (reply.retryable === false) return { kind: 'failed', error: text, items }
  return { kind: 'retry', error: text, items, after_seconds }
}

function achieved(metadata: unknown, secrets: readonly string[], items: Items | null): Outcome {
  try {
    return { kind: 'succeeded', result: toText(dataWithout(secrets, metadata)), items }
  } catch (thrown) {
    return outcomeOf(thrown, items)
  }
}

function itemsOf({ itemsProcessed, itemsSucceeded, itemsFailed }: Reply): Items | null {
  const told = [itemsProcessed, itemsSucceeded, itemsFailed]
  if (told.every((one) => one === undefined || one === null)) return null
  const succeeded = itemsSucceeded ?? 0
  const failed = itemsFailed ?? 0
  return { processed: itemsProcessed ?? succeeded + failed, succeeded, failed }
}
