import type { Context } from 'hono'
import { z } from 'zod'
import { auditChange } from '../admin/audit.ts'
import type { Caller } from '../auth/policy.ts'
import { TickoverError } from '../errors.ts'
import type { Job } from '../job/job.ts'
import type { Choice } from '../job/overrides.ts'
import type { Change, Fields } from '../store/documents.ts'
import { instant, iso, line, refOfJob } from './fields.ts'
import { outline } from './outline.ts'
import type { Vars } from './surface.ts'

/** Who asked, as a client names them, and why. */
export const said = {
  userId: line(200).optional(),
  reason: line(500).default(''),
}

/** Which state of the job the asker has seen: its `defined_at`. */
export const seen = { definedAt: instant.optional() }

export const actionBody = z.strictObject(said)

export const changeBody = z.strictObject({ ...said, ...seen })

/** What one request does to one job, and what its audit entry says of it. */
export interface Action {
  readonly name: string
  readonly caller: Caller
  readonly user: string
  readonly reason: string
  readonly entry: (
    action: string,
    at: number,
    states: { readonly before: Fields | null; readonly after: Fields | null },
  ) => Change
}

/** The action that a request asks for, by whoever is proven to ask. */
export function actionOf(
  c: Context<Vars>,
  newId: () => string,
  { userId, reason }: { readonly userId?: string | undefined; readonly reason: string },
): Action {
  const caller = c.get('caller')
  if (caller === null) throw new TickoverError('internal', 'The caller of an action is not known.')
  const { id: subject } = refOfJob(c.req.param('name') ?? '')
  const { name: actor } = caller
  // Who was named is on the record beside who is proven.
  const behalf = userId === undefined || userId === actor ? {} : { on_behalf_of: userId }
  const id = newId()
  return {
    name: subject,
    caller,
    user: userId ?? actor,
    reason,
    entry: (action, at, states) =>
      auditChange(id, { action, at, actor, subject, reason, ...states, ...behalf }),
  }
}

/** That choice, made at an instant (ms). */
export function choiceOf(
  { user, caller, reason }: Pick<Action, 'user' | 'caller' | 'reason'>,
  at: number,
): Choice {
  const by = user === caller.name ? user : `${user} (through ${caller.name})`
  return { by, at, reason }
}

/** What the audit says of a job that stands otherwise than before. */
export function changedEntry(entry: Action['entry'], action: string) {
  return (before: Job, after: Job, now: number) => [
    entry(action, now, { before: outline(before), after: outline(after) }),
  ]
}

/** Throws `bad_request` for a job that falls due once, or elsewhere. */
export function requireRecurring({ name, kind }: Job): void {
  if (kind === 'recurring') return
  throw new TickoverError(
    'bad_request',
    `${name} is a ${kind.replace('_', '-')} job: it has no schedule of its own.`,
  )
}

/**
 * Throws `changed_meanwhile` at the first job that it is given when that stands otherwise than the asker has seen it, since
 * another was faster. What is given later has been changed by the asker.
 */
export function requiringSeen(definedAt: number | undefined): (job: Job) => void {
  let isFirst = true
  return ({ name, defined_at }) => {
    const isStale = isFirst && definedAt !== undefined && definedAt !== Math.floor(defined_at)
    isFirst = false
    if (isStale)
      throw new TickoverError(
        'changed_meanwhile',
        `${name} was changed at ${iso(defined_at)}, after you looked. Look at its audit, then ask again.`,
      )
  }
}
