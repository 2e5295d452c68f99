import type { Job } from '../job/job.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Policies } from '../job/policies.ts'
import type { Path } from '../rollout/stage.ts'
import type { Stored } from '../store/documents.ts'
import type { Standing } from '../target/effect.ts'
import type { Performing } from '../target/perform.ts'

/** For whom an engine claims: a path, live or in the shadow of the other, and what that path does its own way. */
export interface Claimant {
  readonly path: Path
  readonly stage: number
  /** May it claim this job at this instant (store's time, ms)? Others it leaves alone. */
  readonly mayClaim: (job: Stored, now: number) => boolean
  /** When jobs change hands next by themselves; infinite when they do not. */
  readonly handoverAfter: (now: number) => number
  /** The policies by which it tries again. */
  readonly policiesOf: (job: Job) => Policies
  readonly perform: (performing: Performing, standing: Standing, payload: string) => Promise<Outcome>
}
