import { TickoverError } from '../../errors.ts'

/** The refusal of a file that is not as it was written. It is never replaced by an empty store. */
export function damaged(path: string, what: string, cause?: unknown): TickoverError {
  return new TickoverError(
    'storage_damaged',
    `${path} is damaged: ${what}. Nothing was changed. Restore it and the files beside it from one backup, mend it by hand, or move them away to start with an empty store.`,
    { cause },
  )
}
