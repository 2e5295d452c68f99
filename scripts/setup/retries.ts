import { status } from '@grpc/grpc-js'
import type { Clock } from '../../functions/clock.ts'

const MAX_TRIES = 4
const FIRST_WAIT_MS = 250
const TRANSIENT = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.INTERNAL,
  status.RESOURCE_EXHAUSTED,
]

/** The gRPC code of an error; undefined for any other error. */
export function codeOf(error: unknown): status | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined
}

/** Makes the call, at most four times while it fails for a reason that may pass, waiting 250 ms, then twice as long each time. */
export async function withRetries<T>(
  clock: Clock,
  call: () => Promise<T>,
  say: (line: string) => void,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await call()
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined || !TRANSIENT.includes(code) || tries === MAX_TRIES) throw error
      const wait = FIRST_WAIT_MS * 2 ** (tries - 1)
      say(`  ${status[code]}; trying again in ${wait} ms (${tries} of ${MAX_TRIES} tries made)`)
      await clock.sleep(wait)
    }
  }
}
