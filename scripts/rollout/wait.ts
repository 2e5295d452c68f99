import { loadConfig } from '../../functions/config.ts'
import type { Evidence } from '../../functions/rollout/evidence.ts'
import { duration } from '../../functions/rollout/gate/finding.ts'
import type { Hands } from './perform.ts'

const LOOK_MS = 2_000
const TELL_MS = 10_000
/** A lease ends by the store's clock, which may differ from ours by so much. */
const SKEW_SECONDS = 10
/** After this many cadences a revision that still claims will not end by itself. */
const MOST_CADENCES = 6
const MOST_NAMED = 3
/** A wait looks at what happened lately, not at the whole of a stage: it asks every 2 s. */
const RECENT_MS = 600_000

/** What a wait came to. */
interface Waited {
  readonly did: readonly string[]
  readonly problems?: readonly string[]
}

/** Looks every 2 s until `open` names nothing to wait for, at most so many seconds; tells every 10 s what is waited for. */
async function until(
  { clock, say }: Hands,
  most_seconds: number,
  open: () => Promise<string | null>,
): Promise<Waited> {
  const began = clock.now()
  let told = began - TELL_MS
  for (;;) {
    const what = await open()
    const waited = clock.now() - began
    if (what === null) return { did: waited < LOOK_MS ? [] : [`waited ${duration(waited / 1000)}`] }
    if (waited >= most_seconds * 1000) return { did: [], problems: [what] }
    if (clock.now() - told >= TELL_MS) {
      told = clock.now()
      say(`    ${what}; ${duration(waited / 1000)} of at most ${duration(most_seconds)}`)
    }
    await clock.sleep(LOOK_MS)
  }
}

/**
 * Waits until the ticks hold no living lease, at most for as long as a lease can last: what lives then is renewed by a run
 * that goes on, and ends by itself. A tick of the old revision may claim until its budget or dwell is over.
 */
export async function awaitReleased(hands: Hands): Promise<Waited> {
  const { platform, service, clock } = hands
  const config = loadConfig(await platform.flags())
  const dwell = config.lanes.map(({ dwell_seconds }) => dwell_seconds ?? 0)
  const claims_ms = Math.max(config.tick_budget_seconds, ...dwell) * 1000
  const began = clock.now()
  return until(hands, claims_ms / 1000 + config.lease_seconds + SKEW_SECONDS, async () => {
    const { leases, revision } = await service.evidence(clock.now() - RECENT_MS)
    if (leases === null) return 'the leases could not be read'
    if (leases.tick.alive > 0) return `the ticks hold ${leases.tick.alive} living leases`
    const older = await olderRevisions(hands, revision)
    return older.length > 0 && clock.now() - began < claims_ms
      ? `a tick of ${named(older)} could still be under way`
      : null
  })
}

/** Waits until no older revision has claimed for two cadences. One that is gone cannot. */
export async function awaitRetired(hands: Hands): Promise<Waited> {
  const { service, clock } = hands
  const first = await service.evidence(clock.now() - RECENT_MS)
  const recent_ms = Math.max(RECENT_MS, 3 * first.cadence_seconds * 1000)
  return until(hands, MOST_CADENCES * first.cadence_seconds, async () => {
    const evidence = await service.evidence(clock.now() - recent_ms)
    const older = await olderRevisions(hands, evidence.revision)
    const quiet = older.every((name) => isQuiet(name, evidence, first.read_at))
    return quiet ? null : `not yet two cadences without a claim of ${named(older)}`
  })
}

function isQuiet(name: string, { revisions, read_at, cadence_seconds }: Evidence, since: number): boolean {
  const claimed_at = revisions.find(({ revision }) => revision === name)?.last_claimed_at ?? 0
  return read_at - Math.max(claimed_at, since) >= 2 * cadence_seconds * 1000
}

/** Those that are there beside the one that answers. */
async function olderRevisions({ platform }: Hands, serving: string): Promise<string[]> {
  const all = await platform.revisions()
  return all.flatMap(({ name }) => (name === serving ? [] : [name]))
}

function named(revisions: readonly string[]): string {
  const more = revisions.length - MOST_NAMED
  return revisions.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
