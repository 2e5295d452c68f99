import { TickoverError } from '../../../functions/errors.ts'
import type { Definition } from '../../../functions/job/definition.ts'
import type { Outcome } from '../../../functions/job/outcome.ts'
import { claimRun, type Door, type Granted } from '../../../functions/legacy/door.ts'
import { renewRun, settleRun } from '../../../functions/legacy/report.ts'
import type { ClaimRequest, Holding } from '../../../functions/legacy/requests.ts'
import type { Event } from '../../../functions/observe/events.ts'
import type { Rollout } from '../../../functions/rollout/stage.ts'
import { type Scripted, scripted } from '../../support/scripted-documents.ts'
import { definition } from '../job/fixtures.ts'
import { type Bundle, setup as leases } from '../lease/setup.ts'

export const EMAIL = 'old@p.iam.gserviceaccount.com'

const STAGE_1: Rollout = {
  stage: 1,
  shadow_mode: null,
  canary_percent: 0,
  canary_jobs: [],
  canary_split: 'stable',
  legacy_loop: 'off',
}

/** A reporter of its own at the door of the store of `lease/setup.ts`. */
export interface Reporter {
  readonly documents: Scripted
  /** What it is told: the claim, or the code of the refusal. */
  readonly claim: (changes?: Partial<ClaimRequest>) => Promise<Granted | string>
  /** Claims, and answers what it holds. */
  readonly hold: (changes?: Partial<ClaimRequest>) => Promise<Holding>
  readonly renew: (holding: Holding, seconds?: number) => Promise<number | string>
  readonly settle: (
    holding: Holding,
    outcome?: Outcome,
    performed?: boolean,
  ) => Promise<Awaited<ReturnType<typeof settleRun>> | string>
}

export interface DoorBundle extends Bundle {
  /** What the door told, oldest first. */
  readonly events: readonly Event[]
  /** The stage that every reporter meets; it may change at any time. */
  rollout: Rollout
  readonly reporter: (email?: string) => Reporter
}

export const SUCCEEDED: Outcome = { kind: 'succeeded', result: null, items: null }
export const FAILED: Outcome = { kind: 'retry', error: 'no', items: null, after_seconds: null }

export function setup(definitions: readonly Definition[] = [definition()]): DoorBundle {
  const leased = leases(definitions)
  const { clock, store } = leased
  const events: Event[] = []
  let ids = 0
  const reporter = (email = EMAIL): Reporter => {
    const documents = scripted(store)
    const door = (): Door => ({
      documents,
      clock,
      random: () => 0,
      newId: () => `id${ids++}`,
      emit: (event) => void events.push(event),
      rollout: bundle.rollout,
      max_skew_seconds: 10,
      lane: 'default',
    })
    const claim = (changes: Partial<ClaimRequest> = {}) =>
      claimRun(door(), {
        job: 'digest',
        started_at: clock.now(),
        scheduled_for: null,
        lease_seconds: 60,
        payload: null,
        job_type: null,
        email,
        key: null,
        ...changes,
      })
    return {
      documents,
      claim: (changes) => claim(changes).catch(codeOf),
      async hold(changes) {
        const { entry } = await claim(changes)
        return { run: entry.run, fence: entry.fence, email }
      },
      renew: (holding, seconds = 60) => renewRun(door(), holding, seconds).catch(codeOf),
      settle: (holding, outcome = SUCCEEDED, performed = true) =>
        settleRun(door(), holding, outcome, performed).catch(codeOf),
    }
  }
  const bundle: DoorBundle = { ...leased, events, rollout: STAGE_1, reporter }
  return bundle
}

function codeOf(error: unknown): string {
  if (error instanceof TickoverError) return error.code
  throw error
}
