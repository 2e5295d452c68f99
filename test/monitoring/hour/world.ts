import { setTimeout as wait } from 'node:timers/promises'
import { laneList } from '../../../functions/config/lanes.ts'
import type { Env } from '../../../functions/config.ts'
import { chance } from '../../simulation/random.ts'
import { fill } from '../../support/queue-items.ts'
import { type VirtualClock, virtualClock } from '../../support/virtual-clock.ts'
import { startTriggers } from '../../systems/triggers.ts'
import { call } from './call.ts'
import { type Account, ENV, issueTokens } from './callers.ts'
import type { Hour } from './faults.ts'
import { type Instance, startInstance } from './instance.ts'
import { createNetwork, type Network } from './network.ts'
import { createStore, type Store } from './store.ts'

export const MINUTE = 60_000
/** Enough for the ticks that run at once, and for those that die. */
const INSTANCES = 9
/** The queue has work for most of an hour, and then none. */
const PAGES = 400

/** The function and what surrounds it, of which things can go wrong. */
export interface World {
  readonly clock: VirtualClock
  readonly store: Store
  readonly network: Network
  /** As whom Cloud Scheduler posts its ticks. */
  readonly scheduler: { account: Account }
  /** Does the watch in the other region ask? */
  readonly watch: { asks: boolean }
  /** Posts one tick more, as a person would. */
  readonly tickLane: (lane: string) => Promise<void>
}

/**
 * The function in as many instances as it takes, its callers and all that it leans on, on a virtual clock that stands at
 * the beginning of the present hour: Google's library asks the machine whether a token is still good.
 */
export async function createWorld({ env, jobsOf }: Pick<Hour, 'env' | 'jobsOf'>): Promise<World> {
  const began = Math.floor(Date.now() / (60 * MINUTE)) * 60 * MINUTE
  const clock = virtualClock(began)
  const luck = chance(1)
  const random = () => luck.next()
  const store = createStore(clock)
  await fill(store.documents, 'pages', PAGES)
  const network = createNetwork(clock)
  const scheduler: World['scheduler'] = { account: 'scheduler' }
  const watch = { asks: true }
  const { tokens, certs_url, close } = await issueTokens(clock)
  const idle = startInstances(
    { ...ENV, SCHEDULER_TOKEN_KEYS_URL: certs_url, ...env },
    { clock, random, jobsOf: jobsOf ?? network.jobsOf },
  )
  await warm(clock, idle, tokens.watch)
  await close()
  // However long that took here, the hour begins at one instant.
  await clock.advanceTo(began + MINUTE / 3)

  async function tickLane(lane: string): Promise<void> {
    const instance = idle.pop()
    if (instance === undefined) throw new Error('Every instance is busy or dead')
    const token = tokens[scheduler.account]
    const answered = call(instance.listener, { method: 'POST', path: '/cron/tick', token, body: { lane } })
    const isAlive = await Promise.race([answered.then(() => true), instance.frozen.then(() => false)])
    if (isAlive) idle.push(instance)
  }
  async function keepWatch(): Promise<never> {
    for (;;) {
      const [one] = idle
      const path = '/health?max_overdue=0'
      if (watch.asks && one !== undefined)
        await call(one.listener, { method: 'GET', path, token: tokens.watch })
      await clock.sleep(5 * MINUTE)
    }
  }

  const lanes = laneList.parse(env.SCHEDULER_LANES ?? ENV.SCHEDULER_LANES)
  startTriggers({ clock, lanes, random, tickLane, stop: new AbortController().signal })
  void keepWatch()
  return { clock, store, network, scheduler, watch, tickLane }
}

function startInstances(
  env: Env,
  parts: Pick<Parameters<typeof startInstance>[0], 'clock' | 'random' | 'jobsOf'>,
): Instance[] {
  let ids = 0
  const newId = () => `00000000-0000-4000-8000-${String(ids++).padStart(12, '0')}`
  return Array.from({ length: INSTANCES }, () => startInstance({ env, newId, ...parts }))
}

/** Has each instance fetch the issuer's keys, which takes real time: from then on none of them needs any. */
async function warm(clock: VirtualClock, instances: readonly Instance[], token: string): Promise<void> {
  const asked = instances.map(({ listener }) => call(listener, { method: 'GET', path: '/health', token }))
  const warmed = Promise.all(asked).then(() => true)
  while (!(await Promise.race([warmed, wait(5, false)]))) await clock.advance(1)
}
