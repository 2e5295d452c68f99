import { createHash } from 'node:crypto'

/** A text's hash, to tell whether two are the same: 32 hexadecimal digits of its SHA-256. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}
