/** What an error of the store's client means for the call that it ended. */
export type Failure = 'conflict' | 'unreachable' | 'unknown' | 'bad_request'

/** By gRPC status. Any other (and an error without one) may have struck after the commit was made: `unknown`. */
const FAILURES: Readonly<Record<number, Failure>> = {
  3: 'bad_request', // INVALID_ARGUMENT
  5: 'conflict', // NOT_FOUND
  6: 'conflict', // ALREADY_EXISTS
  7: 'unreachable', // PERMISSION_DENIED
  8: 'unreachable', // RESOURCE_EXHAUSTED
  9: 'conflict', // FAILED_PRECONDITION
  10: 'conflict', // ABORTED
  16: 'unreachable', // UNAUTHENTICATED
}

const MOST_CHARACTERS = 300

/** What the error says about the commit that it ended. */
export function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return (typeof code === 'number' ? FAILURES[code] : undefined) ?? 'unknown'
}

/** The first line of the error's message, bounded. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return (message.split('\n')[0] ?? '').slice(0, MOST_CHARACTERS)
}
