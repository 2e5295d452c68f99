import type { JobDefinition } from '../target/handler.ts'

/**
 * The jobs of this deployment. To add one, write a file beside this one that exports a definition, import it here,
 * and put it into the list; `examples/` shows some. Names are unique; a job that leaves the list runs no more.
 */
export const jobs: readonly JobDefinition[] = []
