import type { Outcome } from '../../job/outcome.ts'
import { outcomeOfReply, REPLY, type Reply } from './reply.ts'

/** The body of a completion: what a target answers that is done at once. Check a request against it. */
export const COMPLETION = REPLY

/** What a completion comes to; the token that it came with goes no further. */
export function outcomeOfCompletion(completion: Reply, token: string): Outcome {
  return outcomeOfReply(completion, null, [token])
}
