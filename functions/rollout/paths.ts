import type { Config } from '../config.ts'
import { runLoop } from '../legacy/loop.ts'
import { tellTrouble } from '../observe/trouble.ts'
import { createShadow, type Shadow } from '../shadow/shadow.ts'
import { limited, permits } from '../store/permits.ts'
import type { Engine } from '../tick/engine.ts'
import type { TickEnd } from '../tick/record.ts'
import { survey } from '../tick/survey.ts'
import { type TickRequest, tick } from '../tick/tick.ts'
import { type Triggered, trigger, type Wish } from '../tick/trigger.ts'
import { liveClaimant } from './live.ts'
import { dutyOf, hasJobs, type Path, type Rollout, shadowPath } from './stage.ts'

/** The flags that the paths go by. */
export type PathFlags = Rollout & Pick<Config, 'lanes' | 'database_max_connections' | 'legacy_poll_seconds'>

/** What each path does in this process, at the stage that the flags say. */
export interface Paths {
  /** One tick, with its shadow beside it where there is one. Rejects with `store_unreachable`. */
  readonly runTick: (request: TickRequest) => Promise<TickEnd>
  /** A run that somebody asked for, at whatever stage. Rejects as `tick/trigger.ts` says. */
  readonly trigger: (wish: Wish) => Promise<Triggered>
  /** The in-process loop, where this stage has one: ends when the process stops. */
  readonly runLoop: () => Promise<void>
}

/** The paths over an engine without a claimant of its own. `registered` resolves once the coded jobs are in the store. */
export function createPaths(
  parts: Omit<Engine, 'claimant'>,
  config: PathFlags,
  registered: () => Promise<void>,
): Paths {
  const lanes = config.lanes.map(({ name }) => name)
  const shadowing = shadowPath(config)
  const reserved = shadowing === null ? 0 : shadowPermits(config.database_max_connections, lanes.length)
  const documentsOf = permits(parts.documents, config.database_max_connections - reserved, lanes)
  const engineOf = (path: Path, lane: string): Engine => ({
    ...parts,
    documents: documentsOf(lane),
    claimant: liveClaimant(path, config),
  })
  const shadow =
    shadowing === null
      ? null
      : createShadow(
          { ...parts, claimant: liveClaimant(shadowing, config) },
          limited(parts.documents, Math.max(1, reserved)),
          shadowing,
          config,
        )

  /** One pass of the loop over a lane, live or in shadow. */
  async function pass(lane: string): Promise<void> {
    const request = { lane, dwell_seconds: null, concurrency: 1 }
    try {
      await registered()
      if (hasJobs('legacy', config)) await tick(engineOf('legacy', lane), request)
      if (shadow !== null && shadowing === 'legacy') await shadow.pass(request, parts.stop)
    } catch (error) {
      tellTrouble(parts.emit, 'the legacy loop', error)
    }
  }

  return {
    runTick: async (request) => {
      await registered()
      const engine = engineOf('tick', request.lane)
      const duty = dutyOf(config)
      const live = duty === 'work' ? tick(engine, request) : survey(engine, request.lane, duty)
      return shadow !== null && shadowing === 'tick' ? beside(engine, live, shadow, request) : live
    },
    trigger: async (wish) => {
      await registered()
      return trigger({ ...parts, claimant: liveClaimant('tick', config) }, wish)
    },
    runLoop: async () => {
      const { legacy_poll_seconds: poll_seconds } = config
      if (config.legacy_loop === 'on') await runLoop({ ...parts, lanes, poll_seconds, pass })
    },
  }
}

/** A tenth of the store's permits, as far as the lanes can spare one. */
function shadowPermits(total: number, lanes: number): number {
  return Math.min(Math.max(1, Math.floor(total / 10)), Math.max(0, total - lanes))
}

/**
 * A tick with its shadow beside it. The answer is the live tick's; it waits for the shadow no longer than a tick may
 * claim, so that the next tick is not held up.
 */
async function beside(
  { clock, settings, stop }: Engine,
  live: Promise<TickEnd>,
  shadow: Shadow,
  request: TickRequest,
): Promise<TickEnd> {
  const budget_ms = (request.dwell_seconds ?? settings.tick_budget_seconds) * 1000
  const over = new AbortController()
  const ended = new AbortController()
  const onStop = () => over.abort()
  stop.addEventListener('abort', onStop)
  if (stop.aborted) onStop()
  const shadowed = shadow.pass(request, over.signal).finally(() => {
    stop.removeEventListener('abort', onStop)
    ended.abort()
  })
  const began = clock.now()
  const end = await live.catch((error: unknown) => {
    over.abort()
    throw error
  })
  await Promise.race([shadowed, clock.sleep(began + budget_ms - clock.now(), ended.signal)])
  over.abort()
  // What is left of the request, should the live tick have needed it: Cloud Run cuts the answer off at its end.
  const left_ms = began + settings.request_timeout_seconds * 1000 - clock.now()
  await Promise.race([
    shadowed,
    clock.sleep(Math.min(settings.grace_seconds * 1000, left_ms / 2), ended.signal),
  ])
  return end
}
