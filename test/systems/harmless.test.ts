import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Run } from '../../functions/job/run.ts'
import { type Context, defineJob, type JobDefinition } from '../../functions/target/handler.ts'
import { percentile } from '../../functions/tick/report.ts'
import { chance } from '../simulation/random.ts'
import { type Flags, moving } from '../support/moving.ts'
import { type StoreTrouble, troubledShadow } from '../support/troubled-shadow.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import { slowDocuments } from './slow-documents.ts'

const START = Date.parse('2030-01-31T12:00:00Z')
const MINUTES = 18
/** One call of the store, in ms. */
const STORE_MS = 15
const LANES = [
  { name: 'default', budget_ms: 50_000 },
  { name: 'fast', budget_ms: 75_000 },
]
const GRACE_MS = 5_000
/** The first tick of a process registers its jobs before its time begins, and each records itself after. */
const AROUND_MS = 4 * STORE_MS

/** What a handler in shadow does; live it does its work. */
type Handling = 'works' | 'throws' | 'hangs' | 'never loads' | 'heeds nothing but its signal'

interface Shadowed {
  readonly handling?: Handling
  readonly store?: StoreTrouble
}

const STAGES: Readonly<Record<string, { readonly off: Flags; readonly on: Flags }>> = {
  'stage 3 with a canary of half the jobs': {
    off: {
      ROLLOUT_STAGE: '3',
      ROLLOUT_LEGACY_LOOP: 'on',
      ROLLOUT_CANARY_PERCENT: '50',
      SCHEDULER_SHADOW_MODE: 'false',
    },
    on: { ROLLOUT_STAGE: '3', ROLLOUT_LEGACY_LOOP: 'on', ROLLOUT_CANARY_PERCENT: '50' },
  },
  'stage 4': {
    off: { ROLLOUT_STAGE: '4' },
    on: { ROLLOUT_STAGE: '4', ROLLOUT_LEGACY_LOOP: 'on', SCHEDULER_SHADOW_MODE: 'true' },
  },
}

const TROUBLES: Readonly<Record<string, Shadowed>> = {
  'is well': {},
  throws: { handling: 'throws' },
  hangs: { handling: 'hangs' },
  'never comes to load what both share': { handling: 'never loads' },
  'heeds nothing but its signal': { handling: 'heeds nothing but its signal' },
  'cannot reach its store': { store: 'unreachable' },
  'has a store that throws something else': { store: 'rejects' },
  'has a store that takes 30 s for each call': { store: 'takes 30 s' },
  'has a store that never answers': { store: 'never answers' },
}

describe.each(Object.entries(STAGES))('at %s', (_, { off, on }) => {
  let alone: ReturnType<typeof worldOf>

  beforeAll(() => {
    alone = worldOf(off, {})
  })

  test.each(Object.entries(TROUBLES))(
    'a shadow that %s leaves every live run as it is',
    async (_, trouble) => {
      const [without, beside] = await Promise.all([alone, worldOf(on, trouble)])
      expect(without.runs.length).toBeGreaterThan(120)
      expect(beside.runs).toEqual(without.runs)
      expect(beside.p99).toBeLessThanOrEqual(without.p99 * 1.05)
      beside.answers.forEach(({ took_ms, budget_ms }, n) => {
        const alone_ms = without.answers[n]?.took_ms ?? 0
        expect(took_ms).toBeLessThanOrEqual(Math.max(alone_ms, budget_ms + GRACE_MS) + AROUND_MS)
      })
    },
  )
})

/** The same minutes with the same seed: what the live paths recorded, and when each tick was answered. */
async function worldOf(flags: Flags, { handling = 'works', store = 'none' }: Shadowed) {
  const world = moving({
    start: START,
    documents: (documents, clock) => troubledShadow(slowDocuments(documents, clock, STORE_MS), clock, store),
  })
  const { clock } = world
  const revision = world.deploy(
    { ...flags, SCHEDULER_LANES: 'default,fast:dwell', SCHEDULER_CACHE_TTL: '1' },
    jobFile(clock, handling),
  )
  const answers: { took_ms: number; budget_ms: number }[] = []
  const luck = chance(7)
  /** Every minute, late by up to 3 s: every second time the other of two Cloud Scheduler jobs, as a lane with dwell needs. */
  for (const { name, budget_ms } of LANES)
    for (let minute = 0; minute < MINUTES; minute++) {
      // The first one brings the jobs into the store, which the loop would do as soon.
      const at = START + minute * 60_000 + (minute === 0 ? 0 : luck.whole(0, 3000))
      const answer = { took_ms: Number.POSITIVE_INFINITY, budget_ms }
      answers.push(answer)
      void clock.sleep(at - START).then(async () => {
        await revision.tick(name)
        answer.took_ms = clock.now() - at
      })
    }
  await clock.advance((MINUTES + 3) * 60_000)
  const lanes = LANES.map(({ name }) => name)
  const runs = (await Promise.all(lanes.map((lane) => world.runs(lane)))).flat()
  revision.stop()
  await world.close()
  const lateness = runs.map(({ lateness_ms }) => lateness_ms).toSorted((a, b) => a - b)
  return { runs: runs.map(withoutOwners), answers, p99: percentile(lateness, 0.99) ?? Number.NaN }
}

/** Owners are drawn from the ids of the process, of which a shadow takes its own. */
function withoutOwners({ attempts, ...run }: Run) {
  return { ...run, attempts: attempts.map((attempt) => ({ ...attempt, owner: '' })) }
}

function jobFile(clock: VirtualClock, handling: Handling): JobDefinition[] {
  const work = (lasts_ms: number) => async (context: Context<unknown>) => {
    const place = await context.effect('post', {}, async () => 'live', { shadow: 'shadow' })
    const shared = await context.cache('answer', () => load(place === 'shadow' ? handling : 'works'))
    if (place === 'shadow') await rehearsed(handling, context)
    await clock.sleep(lasts_ms)
    if (context.attempt === 1 && context.scheduled_for.getTime() % 600_000 === 0) throw new Error('not yet')
    return shared
  }
  const job = (name: string, schedule: string, lasts_ms: number, lane = 'default') =>
    defineJob({
      name,
      lane,
      schedule,
      payload: z.unknown(),
      policies: { shadow: 'run', retry: { base_seconds: 60, factor: 1, cap_seconds: 60, jitter: 0 } },
      run: work(lasts_ms),
    })
  return [
    ...[0, 1, 2, 3, 4, 5].map((n) => job(`minutely-${n}`, '* * * * *', 300 * n)),
    ...[0, 1, 2, 3].map((n) => job(`often-${n}`, '*/5 * * * *', 2000 * n)),
    ...[0, 1].map((n) => job(`fast-${n}`, '@every 30s', 100 * n, 'fast')),
  ]
}

async function rehearsed(handling: Handling, { signal }: Context<unknown>): Promise<void> {
  if (handling === 'throws') throw new Error('only in shadow')
  if (handling === 'hangs') await new Promise(() => {})
  if (handling === 'heeds nothing but its signal')
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('told to end'))))
}

async function load(handling: Handling): Promise<string> {
  if (handling === 'never loads') await new Promise(() => {})
  return 'loaded'
}
