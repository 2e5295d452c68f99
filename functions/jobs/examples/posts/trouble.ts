import { TickoverError } from '../../../errors.ts'
import { Refusal } from '../api.ts'

/**
 * Why a post did not go out. `rate_limited` and `network`: it is still due, and goes out with a later run. `token_expired`:
 * somebody has to connect the account again. `bad_media`: somebody has to mend the post.
 */
export type Trouble = 'rate_limited' | 'token_expired' | 'bad_media' | 'network'

/** What an error of a call says about a post; null: it is no trouble of this post, but of the whole run. */
export function troubleOf(error: unknown): Trouble | null {
  if (error instanceof TickoverError) return null
  if (!(error instanceof Refusal)) return 'network'
  if (error.status === 429) return 'rate_limited'
  if (error.status === 401 || error.status === 403) return 'token_expired'
  return error.retryable ? 'network' : 'bad_media'
}
