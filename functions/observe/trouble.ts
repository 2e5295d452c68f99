import { TickoverError } from '../errors.ts'
import type { Emit } from './events.ts'

/** Tells of an error that ends nothing but what it came from: a store out of reach passes, anything else is unexpected. */
export function tellTrouble(emit: Emit, where: string, error: unknown): void {
  const passes = error instanceof TickoverError && error.code === 'store_unreachable'
  if (passes) emit({ kind: 'store_trouble', action: where, reason: error.message })
  else emit({ kind: 'unexpected', where, error })
}
