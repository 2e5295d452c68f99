import { retriedAsLegacy } from '../legacy/retry.ts'
import { performTarget } from '../target/target.ts'
import type { Claimant } from '../tick/claimant.ts'
import { handoverAfter, mayClaim, type Path, type Rollout } from './stage.ts'

/** The live engine of a path: it claims what the stage gives it, and performs it. */
export function liveClaimant(path: Path, rollout: Rollout): Claimant {
  return {
    path,
    stage: rollout.stage,
    mayClaim: ({ ref }, now) => mayClaim(path, ref.id, now, rollout),
    handoverAfter: (now) => handoverAfter(now, rollout),
    policiesOf: ({ policies }) => (path === 'legacy' ? retriedAsLegacy(policies) : policies),
    perform: performTarget,
  }
}
