import type { Outcome } from '../../job/outcome.ts'
import { outcomeOfReply, REPLY, type Reply } from './reply.ts'

/** The body of a completion: what a target answers that is done at once. Check a request against it. */
export const COMPLETION = REPLY

/** What a completion comes to. */
export function outcomeOfCompletion(completion: Reply): Outcome {
  return outcomeOfReply(completion, null)
}
