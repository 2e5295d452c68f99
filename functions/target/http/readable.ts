import { isSecretName, redact, scrubText } from '../../observe/scrub.ts'

/**
 * A stranger's text as one line: what breaks lines, moves a terminal's cursor or turns the direction of writing becomes a
 * space, and what looks like a secret is taken out.
 */
export function readable(text: string): string {
  const line = text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
  return scrubText(line).trim()
}

/** The text without any of the secrets that the other side was sent, should it send them back. */
export function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text)
}

/** Data as `without`, in every text of it, however it was spelled; what its name or its shape shows as a secret goes, too. */
export function dataWithout(secrets: readonly string[], data: unknown): unknown {
  if (data === undefined) return undefined
  const clean = (name: string, value: unknown) => {
    if (isSecretName(name)) return '[redacted]'
    return typeof value === 'string' ? redact(without(secrets, value)) : value
  }
  return JSON.parse(JSON.stringify(data, clean))
}
