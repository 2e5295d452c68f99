import { createHash, timingSafeEqual } from 'node:crypto'
import type { Service } from '../config/services.ts'

/** Whose token this is; null: no service's. */
export type FindService = (token: string) => Service | null

/**
 * Compares with the hash of every configured token, however early one fits, so that the time taken says nothing of them.
 * Null where no service has a token.
 */
export function serviceTokens(services: readonly Service[]): FindService | null {
  const known = services.flatMap((service) =>
    service.token === null ? [] : [{ service, hash: hashOf(service.token) }],
  )
  if (known.length === 0) return null
  return (token) => {
    const hash = hashOf(token)
    const found = known.filter((one) => timingSafeEqual(one.hash, hash))
    return found[0]?.service ?? null
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
