import { z } from 'zod'

/** One environment flag: what it is called, what it is when unset, what it may be, what it means. */
export interface Flag<T> {
  readonly name: string
  /** The text that stands in for an unset or empty flag; null: it stays unset. */
  readonly fallback: string | null
  /** Takes the flag's text. Its messages never repeat that text: it could be a secret in the wrong place. */
  readonly check: z.ZodType<T, string>
  readonly meaning: string
}

/** A flag that always has a value. */
export function flag<T>(
  name: string,
  fallback: string,
  check: z.ZodType<T, string>,
  meaning: string,
): Flag<T> {
  return { name, fallback, check, meaning }
}

/** A flag that may stay unset, which reads as null. */
export function optional<T>(name: string, check: z.ZodType<T, string>, meaning: string): Flag<T | null> {
  return { name, fallback: null, check, meaning }
}

/** A whole number in decimal digits; never NaN, never `1e3`, `0x10` or ` `. */
export function whole(least: number, most: number): z.ZodType<number, string> {
  const rule = `must be a whole number from ${least} to ${most}`
  return z
    .string()
    .regex(/^\d{1,9}$/, rule)
    .transform(Number)
    .refine((value) => value >= least && value <= most, rule)
}

/** `true` or `false`. */
export const truth: z.ZodType<boolean, string> = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((text) => text === 'true')

/** An http or https URL without credentials in it. */
export const webUrl: z.ZodType<string, string> = z.string().refine((text) => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
}, 'must be an http or https URL without credentials in it')

/** An e-mail address, in lower case. */
export const mailAddress: z.ZodType<string, string> = z
  .string()
  .toLowerCase()
  .refine((text) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text), 'must be an e-mail address')

const MOST_NAMES = 1_000

/** Names separated by commas; none when empty. */
export const nameList: z.ZodType<readonly string[], string> = z
  .string()
  .transform((text) => text.split(',').map((name) => name.trim()))
  .transform((names) => names.filter((name) => name !== ''))
  .refine((names) => names.length <= MOST_NAMES, `must name at most ${MOST_NAMES}`)
  .refine((names) => new Set(names).size === names.length, 'must not name one twice')

/** Hosts as a URL names them: in lower case, an address in its one normal form, no port, no wildcard. */
export const hostList: z.ZodType<readonly string[], string> = nameList
  .transform((names) => names.map((name) => name.toLowerCase()))
  .refine((names) => names.every(isHost), 'must be host names such as api.example.com, without port or path')

function isHost(name: string): boolean {
  return /^[a-z0-9._-]+$|^\[[0-9a-f:.]+\]$/.test(name) && URL.parse(`https://${name}`)?.hostname === name
}
