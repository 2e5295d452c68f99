import type { Context } from 'hono'
import { z } from 'zod'
import { TickoverError } from '../errors.ts'
import { type Job, manualRunId } from '../job/job.ts'
import { chooseEnabled, chooseSchedule, reset } from '../job/overrides.ts'
import type { Run } from '../job/run.ts'
import { jsonOrNull } from '../json.ts'
import { changeJob } from '../lease/change.ts'
import { releaseLease } from '../lease/release.ts'
import { removeJob } from '../lease/remove.ts'
import {
  type Action,
  actionBody,
  actionOf,
  changeBody,
  changedEntry,
  choiceOf,
  requireRecurring,
  requiringSeen,
  said,
  seen,
} from './action.ts'
import { backfill } from './backfill.ts'
import { check, readBody } from './body.ts'
import { cronSchedule } from './cron.ts'
import { zoneOf } from './history.ts'
import { outline } from './outline.ts'
import type { Deps, Handler, Vars } from './surface.ts'

export const cronBody = z.strictObject({
  ...said,
  ...seen,
  cronExpression: z.string().min(1).max(200),
  timeZone: z.string().min(1).max(100).optional(),
})

export const releaseBody = z.strictObject({ ...said, run: z.string().min(1).max(300).optional() })

type Operating = Pick<Deps, 'config' | 'documents' | 'clock' | 'newId' | 'handlers' | 'trigger'>

/** What operators do to a job. Each action is told in the audit, in the very commit that does it. */
export function operateRoutes(
  deps: Operating,
): Record<
  | `POST /api/jobs/:name/${'trigger' | 'enable' | 'disable' | 'reset' | 'release' | 'backfill'}`
  | 'PUT /api/jobs/:name/cron'
  | 'DELETE /api/jobs/:name',
  Handler
> {
  const { documents, newId } = deps
  return {
    'POST /api/jobs/:name/trigger': async (c) => {
      const action = actionOf(c, newId, check(actionBody, await readBody(c)))
      return answerRun(c, await deps.trigger(wishOf(action, manualRunId(action.name, newId()))))
    },
    'POST /api/jobs/:name/enable': async (c) => setEnabled(deps, c, true),
    'POST /api/jobs/:name/disable': async (c) => setEnabled(deps, c, false),
    'POST /api/jobs/:name/reset': async (c) => {
      const { definedAt, ...why } = check(changeBody, await readBody(c))
      const { name, entry } = actionOf(c, newId, why)
      const requireSeen = requiringSeen(definedAt)
      const { before, after } = await changeJob(documents, name, {
        to: (job, now) => {
          requireSeen(job)
          return reset(job, now)
        },
        also: changedEntry(entry, 'job_reset'),
      })
      const is = before === after ? 'already stands' : 'stands again'
      return c.json({ message: `Job ${name} ${is} as it is registered.` })
    },
    'PUT /api/jobs/:name/cron': async (c) => {
      const { cronExpression, timeZone, definedAt, ...why } = check(cronBody, await readBody(c))
      const requireSeen = requiringSeen(definedAt)
      const { name, entry, ...by } = actionOf(c, newId, why)
      const to = (job: Job, now: number) => {
        requireSeen(job)
        requireRecurring(job)
        return chooseSchedule(
          job,
          cronSchedule(cronExpression, timeZone ?? zoneOf(job.schedule)),
          choiceOf(by, now),
        )
      }
      const { after } = await changeJob(documents, name, {
        to,
        also: changedEntry(entry, 'job_cron_changed'),
      })
      const pause = after.enabled ? '' : ', once it is enabled again'
      return c.json({ message: `Job ${name} falls due by ${cronExpression} now${pause}.`, cronExpression })
    },
    'POST /api/jobs/:name/release': async (c) => {
      const { run = null, ...why } = check(releaseBody, await readBody(c))
      const { name, user, reason, entry } = actionOf(c, newId, why)
      const runs = await releaseLease(documents, name, {
        run,
        why: `Released by ${user}${reason === '' ? '' : `: ${reason}`}`,
        also: (before, deaths, now) => {
          const gone = deaths.map(({ entry: held, fate }) => ({ run: held.run, owner: held.owner, fate }))
          return [entry('job_released', now, { before: { entries: before.entries.length }, after: { gone } })]
        },
      })
      const message = runs.length === 0 ? `Nothing of ${name} is held.` : `Released ${runs.join(', ')}.`
      return c.json({ message, runs })
    },
    'POST /api/jobs/:name/backfill': (c) => backfill(deps, c),
    'DELETE /api/jobs/:name': async (c) => {
      const { name, entry } = actionOf(c, newId, check(actionBody, await readBody(c)))
      requireNotCoded(deps, name)
      await removeJob(documents, name, (job, now) => [
        entry('job_deleted', now, { before: job === null ? null : outline(job), after: null }),
      ])
      return c.json({ message: `Job ${name} is deleted.` })
    },
  }
}

function wishOf({ name, caller, user, entry }: Action, run: string) {
  const asked = { by: caller.by === 'iap' ? 'admin' : 'manual', user } as const
  const also = (now: number) => [entry('job_triggered', now, { before: null, after: { run } })]
  return { job: name, run, asked, also }
}

function answerRun(c: Context<Vars>, { isOver, run }: { isOver: boolean; run: Run }): Response {
  const { id } = run
  if (!isOver)
    return c.json({ message: `The run ${id} goes on. See the job’s history for its end.`, run: id }, 202)
  const success = run.status === 'succeeded'
  const { processed = 0, succeeded = 0, failed = 0 } = run.items ?? {}
  const result = {
    success,
    itemsProcessed: processed,
    itemsSucceeded: succeeded,
    itemsFailed: failed,
    error: run.error,
    metadata: run.result === null ? null : jsonOrNull(run.result),
  }
  const end = run.status === 'retry' ? 'failed, and is tried again' : 'failed'
  return c.json({ message: `The run ${id} ${success ? 'succeeded' : end}.`, result, run: id })
}

async function setEnabled(
  { documents, newId }: Operating,
  c: Context<Vars>,
  enabled: boolean,
): Promise<Response> {
  const { definedAt, ...why } = check(changeBody, await readBody(c))
  const { name, entry, ...by } = actionOf(c, newId, why)
  const requireSeen = requiringSeen(definedAt)
  const { before, after } = await changeJob(documents, name, {
    to: (job, now) => {
      requireSeen(job)
      return chooseEnabled(job, enabled, choiceOf(by, now))
    },
    also: changedEntry(entry, enabled ? 'job_enabled' : 'job_disabled'),
  })
  const is = before === after ? 'is already' : 'is'
  return c.json({ message: `Job ${name} ${is} ${enabled ? 'enabled' : 'paused'}.` })
}

/** It would be back at the next start. */
function requireNotCoded({ handlers }: Operating, name: string): void {
  if (!handlers.includes(name)) return
  throw new TickoverError(
    'still_defined',
    `${name} is a job of this deployment’s code. Take it out there, deploy, then delete it; or pause it.`,
  )
}
