import type { IncomingMessage } from 'node:http'

/** Is it asked for by a name of this machine? Another site could have its own name point here, and be answered as if it stood here. */
export function isNamedHere({ headers }: IncomingMessage): boolean {
  return /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i.test(headers.host ?? '')
}
