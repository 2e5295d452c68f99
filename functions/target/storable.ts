import { TickoverError } from '../errors.ts'

/** The longest result and the longest error that are kept, in UTF-8 bytes. */
export const LONGEST_RESULT = 16 * 1024
export const LONGEST_ERROR = 4 * 1024

/** A value as bounded JSON text; null for nothing. Throws `unstorable_result` for what cannot be kept. */
export function toText(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const text = stringify(value)
  if (text === undefined) throw unstorable('is not data (a function or a symbol)')
  const bytes = Buffer.byteLength(text)
  if (bytes > LONGEST_RESULT)
    throw unstorable(`takes ${bytes} bytes of JSON, and at most ${LONGEST_RESULT} are kept`)
  return text
}

/** What was kept as text, as a value again. */
export function fromText(text: string | null): unknown {
  return text === null ? null : JSON.parse(text)
}

/** What went wrong, in words that fit into a document: the first 4 KiB, never a stack. Whatever was thrown, this does not. */
export function describe(error: unknown): string {
  try {
    const text = error instanceof Error ? `${codeOf(error)}${error.message || error.name}` : String(error)
    return cut(text, LONGEST_ERROR)
  } catch {
    return 'an error that cannot be described'
  }
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    throw unstorable(
      `cannot be written as JSON: ${error instanceof Error ? error.message.split('\n')[0] : 'it refuses'}`,
    )
  }
}

function unstorable(why: string): TickoverError {
  return new TickoverError('unstorable_result', `The result ${why}. Return a small plain object instead.`)
}

function codeOf(error: Error): string {
  return error instanceof TickoverError ? `${error.code}: ` : ''
}

function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text
  const whole = Buffer.from(text)
    .subarray(0, bytes - 4)
    .toString()
    .replace(/\uFFFD$/u, '')
  return `${whole}…`
}
