import { createHash, timingSafeEqual } from 'node:crypto'

/** What is kept of a run token: its SHA-256 in hexadecimal. */
export function hashOfToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Is this the token of that hash? Compared in constant time. */
export function isTokenOf(token: string, hash: string): boolean {
  const [given, kept] = [Buffer.from(hashOfToken(token)), Buffer.from(hash)]
  return given.length === kept.length && timingSafeEqual(given, kept)
}
