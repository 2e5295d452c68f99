const MAX_DEPTH = 6
const MAX_PARTS = 100
const MAX_TEXT = 8 * 1024
const SECRET_NAME =
  /authorization|cookie|passw|secret|token|api[-_]?key|private[-_]?key|credential|signature/i
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\beyJ[\w-]{5,}\.[\w-]*(?:\.[\w-]*)?/g, '[token]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]'],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key]'],
  [/\bwhsec_[\w+/=-]{8,}/g, '[secret]'],
  [/\bya29\.[\w-]+/g, '[token]'],
  [/(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@]{1,200}@/gi, '$1[redacted]@'],
]

/** A copy that can be logged: plain JSON of bounded size, without secrets as far as their names or shapes show them. Never throws. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value === null || value === undefined || typeof value === 'boolean') return value ?? null
  if (typeof value === 'bigint' || typeof value === 'symbol') return scrubText(value.toString())
  if (typeof value !== 'object') return '[function]'
  if (depth >= MAX_DEPTH) return '[deeper]'
  return attempt(() => scrubObject(value, depth))
}

/** Text without what looks like a secret, at most 8 KiB of it. */
export function scrubText(text: string): string {
  const bounded = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text
  return redact(bounded)
}

/** Text without what looks like a secret, however long it is. */
export function redact(text: string): string {
  return SECRETS.reduce((clean, [shape, stand]) => clean.replace(shape, stand), text.toWellFormed())
}

function scrubObject(value: object, depth: number): unknown {
  if (value instanceof Error) return scrubText(`${value.name}: ${value.message}`)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (Array.isArray(value)) return value.slice(0, MAX_PARTS).map((part) => scrub(part, depth + 1))
  return scrubFields(value, depth)
}

/** As `scrub`, for an object's own fields, at most 100 of them. */
export function scrubFields(value: object, depth = 0): Record<string, unknown> {
  const names = Object.keys(value).slice(0, MAX_PARTS)
  return Object.fromEntries(names.map((name) => [scrubText(name), scrubNamed(value, name, depth)]))
}

/** Does the name say that a secret stands under it? */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

function scrubNamed(value: object, name: string, depth: number): unknown {
  if (isSecretName(name)) return '[redacted]'
  return attempt(() => scrub(Reflect.get(value, name), depth + 1))
}

/** A getter, a proxy or a `toString` of somebody else's can throw; a log line must not. */
function attempt(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return '[unreadable]'
  }
}
