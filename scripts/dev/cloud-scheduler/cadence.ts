import type { Clock } from '../../../functions/clock.ts'
import type { Execute } from './execute.ts'
import type { Jobs } from './jobs.ts'
import { sleepUntil } from './sleep.ts'

/** Fires each job when it is due: one loop per job, so that no two scheduled executions of a job are ever outstanding. */
export interface Cadence {
  /** Looks at a job again after a caller created, changed, paused, resumed or deleted it. */
  changed(name: string): void
  /** Resolves when every loop has ended after `stop`. */
  ended(): Promise<void>
}

/** See `Cadence`; `stop` ends all loops. */
export function startCadence(jobs: Jobs, execute: Execute, clock: Clock, stop: AbortSignal): Cadence {
  const loops = new Map<string, Promise<void>>()
  const wakes = new Map<string, AbortController>()

  async function follow(name: string): Promise<void> {
    while (!stop.aborted && jobs.find(name) !== undefined) {
      const wake = new AbortController()
      wakes.set(name, wake)
      await once(name, AbortSignal.any([wake.signal, stop]))
    }
    wakes.delete(name)
    loops.delete(name)
  }

  async function once(name: string, changed: AbortSignal): Promise<void> {
    const due = jobs.find(name)?.state.schedule_at ?? Number.POSITIVE_INFINITY
    await sleepUntil(clock, due, changed)
    const job = jobs.find(name)
    if (!changed.aborted && job !== undefined) await execute(job, due, changed)
  }

  function changed(name: string): void {
    wakes.get(name)?.abort()
    if (!loops.has(name)) loops.set(name, follow(name))
  }

  for (const { definition } of jobs.all()) changed(definition.name)
  return {
    changed,
    async ended() {
      await Promise.all(loops.values())
    },
  }
}
