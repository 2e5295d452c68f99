import { z } from 'zod'
import {
  type Context,
  defineJob,
  type JobDefinition,
  type PolicyChoices,
} from '../../functions/target/handler.ts'
import type { Instance } from './instance.ts'
import type { Chance } from './random.ts'

/** What the handlers of a simulation act on. */
export interface Acting {
  readonly instance: Instance
  readonly chance: Chance
  /** Handlers misbehave only while this is so; poison and hanging are theirs for ever. */
  readonly faulty: () => boolean
  readonly count: (what: Behaviour) => void
  /** An effect happens, outside. */
  readonly performed: (run: string, effect: string, fence: number, job: string) => void
}

/** What handlers did, beside working. */
export const BEHAVIOURS = [
  'threw',
  'threw_between_effects',
  'hung',
  'stubborn',
  'poisoned',
  'outlived_lease',
] as const
export type Behaviour = (typeof BEHAVIOURS)[number]

const payload = z.object({})
const RETRY = { base_seconds: 2, factor: 2, cap_seconds: 10, jitter: 0.5 }

/** The jobs of every simulation: schedules, policies and misbehaviours mixed. `revision` 2 is a deploy that changes some. */
export function simulatedJobs(acting: Acting, revision: number): JobDefinition[] {
  const job = (name: string, lane: string, schedule: string, policies: PolicyChoices, run: Work) =>
    defineJob({
      name,
      lane,
      schedule,
      payload,
      policies: { retry: RETRY, ...policies },
      run: (context) => run(acting, context),
    })
  return [
    job('quick', 'fast', revision === 1 ? '@every 5s' : '@every 7s', {}, quick),
    job('effects', 'fast', '@every 11s', { max_attempts: 5, shadow: 'run' }, effects),
    job('many', 'fast', '@every 6s', { max_instances: 3, overlap: 'queue' }, work(1000, 9000)),
    job('flaky', 'fast', '@every 17s', { max_attempts: 2, jitter_seconds: 3, shadow: 'run' }, flaky),
    job('all', 'slow', '* * * * *', { misfire: 'all', catchup_limit: 3, max_attempts: 4 }, work(500, 3000)),
    job('windowed', 'slow', '@every 13s', { catchup_window_seconds: 20 }, work(500, 6000)),
    job(
      'queued',
      'slow',
      revision === 1 ? '@every 10s' : '@every 15s',
      { overlap: 'queue' },
      work(1000, 20_000),
    ),
    job('replaced', 'slow', '@every 25s', { overlap: 'replace', shadow: 'run' }, replaced),
    job('long', 'slow', '*/2 * * * *', { timeout_seconds: 120 }, long),
    job('hung', 'slow', '@every 45s', { timeout_seconds: 6, max_attempts: 2, shadow: 'run' }, hung),
    job('stubborn', 'slow', '@every 40s', { timeout_seconds: 4 }, stubborn),
    job('poisoned', 'slow', '@every 100s', { max_attempts: 3 }, poisoned),
    job('damaged', 'fast', '@every 8s', {}, quick),
  ]
}

type Work = (acting: Acting, context: Context<object>) => Promise<unknown>

const quick: Work = async () => ({ done: true })

function work(least: number, most: number): Work {
  return async ({ instance, chance }, { signal }) => {
    await instance.clock.sleep(chance.whole(least, most), signal)
    signal.throwIfAborted()
  }
}

const flaky: Work = async ({ chance, faulty, count }) => {
  if (!faulty() || !chance.often(0.5)) return
  count('threw')
  throw new Error('flaky')
}

/** Two effects with time between them, in which it may fail or die. */
const effects: Work = async (acting, context) => {
  const { instance, chance } = acting
  await act(acting, context, 'first')
  await instance.clock.sleep(chance.whole(0, 8000), context.signal)
  if (acting.faulty() && chance.often(0.3)) {
    acting.count('threw_between_effects')
    throw new Error('between effects')
  }
  await act(acting, context, 'second')
}

const long: Work = async ({ instance, chance, count }, { signal }) => {
  await instance.clock.sleep(chance.whole(30_000, 60_000), signal)
  signal.throwIfAborted()
  count('outlived_lease')
}

/** Works past the start of its successor, and then acts. */
const replaced: Work = async (acting, context) => {
  await acting.instance.clock.sleep(acting.chance.whole(5000, 40_000), context.signal)
  await act(acting, context, 'report')
}

const hung: Work = ({ count }) => {
  count('hung')
  return new Promise(() => {})
}

/** Does not heed its signal, and acts long after it was told to end. */
const stubborn: Work = async (acting, context) => {
  acting.count('stubborn')
  await acting.instance.clock.sleep(acting.chance.whole(1000, 40_000))
  await act(acting, context, 'late')
}

const poisoned: Work = async ({ instance, count }) => {
  count('poisoned')
  instance.kill()
  await new Promise(() => {})
}

function act({ performed, instance }: Acting, context: Context<object>, key: string): Promise<unknown> {
  const perform = async (effect: string) => {
    performed(context.run, effect, context.fence, context.job)
    await instance.clock.sleep(20)
    return { effect }
  }
  return context.effect(key, {}, perform, { shadow: { effect: 'in shadow' } })
}
