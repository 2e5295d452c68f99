import type { OAuth2Client } from 'google-auth-library'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { TickoverError } from '../errors.ts'

/** PEM certificates or public keys, by key id. */
export type Keys = Readonly<Record<string, string>>

const TIMEOUT_MS = 3000
const MAX_BYTES = 256 * 1024
/** After a failure nobody asks again for this long: an outage is answered at once and not made worse. */
const REST_MS = 5000
/** An unknown key id may be a rotated key or an invented one: it is looked up at most this often. */
const RELOAD_MS = 30_000
/** Bounds on the answer's `max-age`; without one the library would fetch for every token. */
const MIN_AGE_MS = 60_000
const MAX_AGE_MS = 24 * 3_600_000

const answer = z
  .record(z.string().max(200), z.string().startsWith('-----BEGIN '))
  .refine((keys) => Object.keys(keys).length > 0)

/**
 * The issuer's public keys, kept as long as the issuer says. The function answers the keys when `kid` is among them,
 * else null; rejects with `TickoverError('keys_unreachable')` when they cannot be fetched within 3 s.
 */
export function signingKeys(
  client: OAuth2Client,
  url: string,
  clock: Clock,
): (kid: string) => Promise<Keys | null> {
  let keys: Keys = {}
  let freshUntil = Number.NEGATIVE_INFINITY
  let restUntil = Number.NEGATIVE_INFINITY
  let reloadAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | null = null

  async function load(): Promise<void> {
    reloadAt = clock.now() + RELOAD_MS
    try {
      const fetched = await fetchKeys(client, url, clock)
      keys = fetched.keys
      freshUntil = clock.now() + fetched.age_ms
    } catch {
      restUntil = clock.now() + REST_MS
      reloadAt = restUntil
      throw unreachable()
    }
  }

  return async (kid) => {
    const isFresh = clock.now() < freshUntil
    if (isFresh && Object.hasOwn(keys, kid)) return keys
    if (underWay === null && clock.now() < restUntil) throw unreachable()
    if (underWay === null && isFresh && clock.now() < reloadAt) return null
    underWay ??= load().finally(() => {
      underWay = null
    })
    await underWay
    return Object.hasOwn(keys, kid) ? keys : null
  }
}

async function fetchKeys(
  client: OAuth2Client,
  url: string,
  clock: Clock,
): Promise<{ keys: Keys; age_ms: number }> {
  const answered = new AbortController()
  const patience = new AbortController()
  void clock.sleep(TIMEOUT_MS, answered.signal).then(() => patience.abort())
  try {
    const response = await client.transporter.request<unknown>({
      url,
      signal: patience.signal,
      retry: false,
      responseType: 'json',
      redirect: 'error',
      maxContentLength: MAX_BYTES,
    })
    return { keys: answer.parse(response.data), age_ms: ageOf(response.headers.get('cache-control') ?? '') }
  } finally {
    answered.abort()
  }
}

function ageOf(cacheControl: string): number {
  const seconds = Number(/max-age=(\d{1,9})/.exec(cacheControl)?.[1] ?? 0)
  return Math.min(MAX_AGE_MS, Math.max(MIN_AGE_MS, seconds * 1000))
}

function unreachable(): TickoverError {
  return new TickoverError(
    'keys_unreachable',
    'The token issuer’s keys cannot be fetched. Try again in some seconds.',
  )
}
