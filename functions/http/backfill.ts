import type { Context } from 'hono'
import { z } from 'zod'
import { TickoverError } from '../errors.ts'
import { backfillOf, MOST_BACKFILLED } from '../job/backfill.ts'
import { existing, readable } from '../lease/change.ts'
import { add } from '../lease/enqueue.ts'
import { ownerOf } from '../rollout/stage.ts'
import { actionOf, requireRecurring, said } from './action.ts'
import { check, readBody } from './body.ts'
import { instant, iso, refOfJob } from './fields.ts'
import type { Deps, Vars } from './surface.ts'

export const backfillBody = z
  .strictObject({ ...said, from: instant, to: instant })
  .refine(({ from, to }) => from <= to, { path: ['to'], message: 'must not be before from' })

/** Makes a backfill of a job, and says how many occurrences it runs. */
export async function backfill(
  { documents, config, clock, newId }: Pick<Deps, 'documents' | 'config' | 'clock' | 'newId'>,
  c: Context<Vars>,
): Promise<Response> {
  const { from, to, ...why } = check(backfillBody, await readBody(c))
  const { name, entry } = actionOf(c, newId, why)
  const { value, time: now } = await documents.get([refOfJob(name)])
  const parent = readable(existing(value[0]))
  requireRecurring(parent)
  requirePast(to, now)
  const { legacy_loop } = config
  if (ownerOf(name, clock.now(), config) === 'legacy' && legacy_loop === 'off')
    throw new TickoverError(
      'not_owner',
      `At stage ${config.stage} another scheduler has ${name}: nothing here would run a backfill.`,
    )
  const { job, count } = backfillOf(parent, { from, to }, newId().slice(0, 8), now)
  if (count === 0 || count > MOST_BACKFILLED) throw unfit(count)
  const after = { job: job.name, from: iso(from), to: iso(to), occurrences: count }
  await add(documents, job, [entry('job_backfilled', now, { before: null, after })])
  return c.json(
    {
      message: `${job.name} runs ${count} occurrences, one after another.`,
      job: job.name,
      occurrences: count,
    },
    201,
  )
}

function unfit(count: number): TickoverError {
  const message =
    count === 0
      ? 'holds no occurrence of this job'
      : `holds more than ${MOST_BACKFILLED} occurrences: take a shorter one`
  return new TickoverError('bad_request', `The range cannot be used (from: ${message}).`, {
    problems: [{ field: 'from', message }],
  })
}

function requirePast(to: number, now: number): void {
  if (to <= now) return
  const message = 'is still to come: a backfill is of the past'
  throw new TickoverError('bad_request', `The field to ${message}.`, { problems: [{ field: 'to', message }] })
}
