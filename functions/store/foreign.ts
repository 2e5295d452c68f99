import { TickoverError } from '../errors.ts'
import type { Foreign } from './documents.ts'

const NAME = /^(?!scheduler_|__)[A-Za-z0-9_.-]{1,200}$/

/** Is this the name of a collection that a queue may work on: one of the top level, and none of ours? */
export function isForeign(name: string): name is Foreign {
  return NAME.test(name) && name !== '.' && name !== '..'
}

/** A collection that is not ours, by its name. Throws `bad_request` for one that is, and for what no store takes. */
export function foreign(name: string): Foreign {
  if (isForeign(name)) return name
  throw new TickoverError(
    'bad_request',
    `${JSON.stringify(name)} cannot be the collection of a queue: name one by 1 to 200 letters, digits, "_", "-" or ".", not beginning with "scheduler_".`,
  )
}
