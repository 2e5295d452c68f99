import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { Clock } from '../../../functions/clock.ts'
import type { Env } from '../../../functions/config.ts'
import type { Revision } from '../../rollout/platform.ts'
import type { Front } from './front.ts'
import { type FunctionProcess, startFunction } from './function-process.ts'
import { freePort } from './ports.ts'

const logged = z.looseObject({ message: z.string() })

/** The revisions of the service, as Cloud Run holds them: one has the traffic, those before it drain. One call at a time. */
export interface Revisions {
  /**
   * Brings up a revision with this environment and gives it the traffic; resolves to its name. Where both are on
   * Firestore the old one serves until then, and drains after; else, since one process at a time may use the file, requests
   * wait meanwhile. Rejects with what it wrote when it does not come up; then the old one serves, as before.
   */
  deploy(env: Env): Promise<string>
  /** Takes every revision off the store, drained at once; requests wait. */
  stop(): Promise<void>
  list(): readonly Revision[]
  /** Ends all of them at once. */
  kill(): void
  /** Resolves when the one that serves has ended by itself, to how. */
  readonly ended: Promise<string>
}

/** A revision that has a process. */
interface Living {
  readonly name: string
  readonly env: Env
  readonly port: number
  readonly worker: FunctionProcess
}

export const SERVICE = 'tickover'

/**
 * Nothing serves yet. `onLine` is told of each line that a revision writes. One that has lost the traffic goes on for
 * `linger_ms` with what is under way, as Cloud Run lets it, before it is told to end.
 */
export function createRevisions(options: {
  readonly front: Front
  readonly clock: Clock
  readonly source?: string
  readonly linger_ms?: number
  readonly onLine: (line: string) => void
}): Revisions {
  const { front, clock, linger_ms = 0 } = options
  const ended = Promise.withResolvers<string>()
  const living = new Set<Living>()
  const draining = new Set<Promise<void>>()
  let serving: Living | null = null
  let hurry = new AbortController()
  let made = 0

  async function bringUp(env: Env, name: string): Promise<Living> {
    const port = await freePort()
    const worker = startFunction({ ...options, port, env: { ...env, K_SERVICE: SERVICE, K_REVISION: name } })
    const one = { name, env, port, worker }
    living.add(one)
    void worker.ended.then((how) => {
      living.delete(one)
      if (serving === one) ended.resolve(how)
    })
    try {
      await worker.ready()
      return one
    } catch (error) {
      await worker.stop()
      throw new Error([messageOf(error), ...worker.said().map(wordsOf)].join('\n'), { cause: error })
    }
  }

  async function serve(next: Living): Promise<void> {
    serving = next
    await front.serve(next.port)
  }

  function retire({ worker }: Living, linger: number): void {
    const { signal } = hurry
    const drained = worker
      .settled()
      .then(() => Promise.race([worker.ended, clock.sleep(linger, signal)]))
      .then(() => worker.stop())
    draining.add(drained)
    void drained.then(() => draining.delete(drained))
  }

  async function stop(): Promise<void> {
    const old = serving
    serving = null
    await front.serve(null)
    if (old !== null) retire(old, 0)
    hurry.abort()
    hurry = new AbortController()
    await Promise.all(draining)
  }

  async function replace(old: Living | null, env: Env): Promise<void> {
    const name = `${SERVICE}-${String(made + 1).padStart(5, '0')}`
    const next = await bringUp(env, name)
    made += 1
    await serve(next)
    if (old !== null) retire(old, linger_ms)
  }

  return {
    ended: ended.promise,
    stop,
    async deploy(env) {
      const old = serving
      if (old !== null && isDeepStrictEqual(old.env, env)) return old.name
      const overlaps = old !== null && isShared(old.env) && isShared(env)
      if (!overlaps) await stop()
      try {
        await replace(overlaps ? old : null, env)
      } catch (error) {
        if (old !== null && !overlaps) await serve(await bringUp(old.env, old.name))
        throw error
      }
      return serving?.name ?? ''
    },
    list: () => Array.from(living, (one) => ({ name: one.name, serves: one === serving })),
    kill: () => {
      for (const { worker } of living) worker.kill()
    },
  }
}

/** May two processes use its store at once? */
function isShared(env: Env): boolean {
  return env.SCHEDULER_STORAGE === 'firestore'
}

/** What a line says to people: the message of a structured one. */
function wordsOf(line: string): string {
  try {
    const { message } = logged.parse(JSON.parse(line))
    return message
  } catch {
    return line
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
