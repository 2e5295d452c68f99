import type { Evidence, Reading } from '../evidence.ts'
import type { Finding } from './finding.ts'

/** What a gate leads to: the stage, or the review after 30 days of the last one. */
export type Target = 1 | 2 | 3 | 4 | 5 | '30d'

/** One criterion of a gate. */
export interface Check {
  readonly what: string
  /** What it rests on, as a whole: where too little of one was read, the check cannot pass. */
  readonly reads: readonly Reading[]
  readonly judge: (evidence: Evidence, to: Target) => Finding
}
