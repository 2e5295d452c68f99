import type { Step } from './plan.ts'
import type { Scheduler } from './scheduler.ts'
import type { Spec } from './spec.ts'

/** A date that is years away: a job cannot be created paused, so it waits here until its pause is in force. */
const PARKED = '0 0 29 2 *'

/** Carries out one step; rejects with the service's error. What is only said (unchanged, orphan, ...) does nothing. */
export async function apply(step: Step, scheduler: Scheduler): Promise<void> {
  switch (step.kind) {
    case 'create':
      return step.paused ? createPaused(step.spec, scheduler) : scheduler.create(step.spec)
    case 'update':
      return scheduler.update(step.spec)
    case 'pause':
      return scheduler.pause(step.id)
    case 'resume':
      return scheduler.resume(step.id)
    case 'run':
      return scheduler.run(step.id)
    case 'delete':
      return scheduler.remove(step.id)
    case 'unchanged':
    case 'orphan':
    case 'missing':
    case 'foreign':
      return
  }
}

/** Never ticks: not between its creation and its pause, and not when the pause fails. */
async function createPaused(spec: Spec, scheduler: Scheduler): Promise<void> {
  await scheduler.create({ ...spec, schedule: PARKED })
  await scheduler.pause(spec.id)
  await scheduler.update(spec)
}
