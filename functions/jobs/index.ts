import type { JobDefinition } from '../target/handler.ts'

/**
 * The jobs of this deployment. To add one, write a file beside this one that exports a definition, import it here,
 * and put it into the list; `examples/` shows some. Names are unique. A job that leaves the list stays in the store, and its
 * runs fail visibly with "No handler registered", until an operator deletes it.
 */
export const jobs: readonly JobDefinition[] = []
