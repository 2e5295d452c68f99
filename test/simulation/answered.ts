import { TickoverError } from '../../functions/errors.ts'
import type { World } from './world.ts'

/** How long anybody waits for an answer, in ms: a process that has died gives none. */
const PATIENCE_MS = 15_000

/** What became of a request: its answer, the code of its refusal, or `silence`. */
export type Heard<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'silence' }

/** Waits for an answer; a refusal that is none of ours is a violation. */
export function answered<T>(world: World, answer: Promise<T>, patience = PATIENCE_MS): Promise<Heard<T>> {
  const heard = answer.then(
    (value): Heard<T> => ({ kind: 'answer', value }),
    (error: unknown): Heard<T> => {
      if (error instanceof TickoverError && error.code !== 'internal')
        return { kind: 'refused', code: error.code }
      world.watch.violate(8, `unexpected: ${String(error)}`)
      return { kind: 'silence' }
    },
  )
  const silence = world.timeline.sleep(patience).then((): Heard<T> => ({ kind: 'silence' }))
  return Promise.race([heard, silence])
}
