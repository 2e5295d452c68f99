import { expect, test } from 'vitest'
import { z } from 'zod'
import { pause, unpause } from '../../functions/job/definition.ts'
import type { Job } from '../../functions/job/job.ts'
import { parseJob } from '../../functions/job/parse.ts'
import type { Skip } from '../../functions/job/run.ts'
import { toFields } from '../../functions/job/stored.ts'
import { jobRef } from '../../functions/lease/held.ts'
import { skipRecords } from '../../functions/lease/skips.ts'
import type { ShadowReport } from '../../functions/shadow/report.ts'
import { IGNORABLE } from '../../functions/shadow/rules.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { type Context, defineJob, type JobDefinition } from '../../functions/target/handler.ts'
import { moving, type Revision } from '../support/moving.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'

/** The loop looks half a minute after the ticks do. */
const START = Date.parse('2030-03-25T11:00:31Z')
const STAGE_3 = {
  ROLLOUT_STAGE: '3',
  ROLLOUT_LEGACY_LOOP: 'on',
  ROLLOUT_LEGACY_POLL_SECONDS: '110',
  SCHEDULER_TIMEZONE: 'Europe/Berlin',
}
const STAGE_4 = { ...STAGE_3, ROLLOUT_STAGE: '4', SCHEDULER_SHADOW_MODE: 'true' }

/** When the service that is posted to is down, in ms. */
const DOWN = { from: Date.parse('2030-03-26T14:00:00Z'), to: Date.parse('2030-03-26T18:00:00Z') }

test('an identical pair agrees over a week with all its troubles, whichever is the shadow', async () => {
  const world = moving({ start: START })
  const { clock, store } = world
  const at = (instant: string) => clock.advanceTo(Date.parse(instant))
  let serving = world.deploy(STAGE_3, jobFile(clock, 1))
  world.ticking('default', () => serving, 120_000)
  await at('2030-03-26T08:02:00Z')
  await sendOneOff(serving, '2030-03-26T09:30:00Z')
  await sendOneOff(serving, '2030-03-26T07:50:00Z')
  await at('2030-03-27T09:30:10Z')
  // The ticks have looked, the loop has not: one occurrence that only one side can have.
  await change(store, 'quarter', (job, now) => ({ job: pause(job, now), skips: [] }))
  await at('2030-03-28T08:07:00Z')
  await change(store, 'quarter', unpause)
  await at('2030-03-28T15:06:10Z')
  // In the middle of an attempt in shadow, whose run then waits for its lease beyond the next occurrence.
  serving.kill()
  serving = world.deploy(STAGE_3, jobFile(clock, 1))
  await at('2030-03-29T10:06:10Z')
  serving.stop()
  serving = world.deploy(STAGE_3, jobFile(clock, 2))
  await at('2030-03-31T12:02:00Z')
  const at3 = await report(serving)
  expectAgreement(at3, ['effect_failed', 'holder_died', 'paused'])
  const oneOffs = at3.jobs.filter(({ job }) => job.startsWith('0000'))
  expect(oneOffs.map(({ compared }) => compared)).toEqual([1, 1])
  for (const shape of ['runs', 'shadow_runs'] as const) {
    const swallowed = (await world.runs('default', shape)).find(
      ({ id }) => id === 'nightly@2030-03-31T01:00:00.000Z',
    )
    expect(swallowed?.status).toBe('succeeded')
  }

  serving.stop()
  serving = world.deploy(STAGE_4, jobFile(clock, 2))
  await at('2030-04-01T11:02:00Z')
  expectAgreement(await report(serving), [])
  await world.close()
}, 60_000)

test.each([STAGE_3, STAGE_4])(
  'a job of every half minute in a lane that dwells agrees too',
  async (flags) => {
    const world = moving({ start: START })
    const { clock } = world
    const often = (name: string, lasts_ms: number) =>
      defineJob({
        name,
        schedule: '@every 30s',
        payload: z.unknown(),
        policies: { shadow: 'run', shadow_tolerance_seconds: 10 },
        run: async ({ effect, scheduled_for }) => {
          await clock.sleep(lasts_ms)
          await effect('score', scheduled_for, async () => 'done', { shadow: 'done' })
        },
      })
    const fast = { SCHEDULER_LANES: 'default:dwell', ROLLOUT_LEGACY_POLL_SECONDS: '2' }
    const revision = world.deploy({ ...flags, ...fast }, [often('quick', 0), often('slower', 4000)])
    for (let at = 0; at < 3_600_000; at += 60_000)
      void clock.sleep(at + Math.floor(world.random() * 3000)).then(() => revision.tick('default'))
    await clock.advance(3_600_000)
    expectAgreement(await report(revision), [])
    expect((await report(revision)).total.compared).toBeGreaterThan(220)
    await world.close()
  },
)

function expectAgreement({ total, jobs }: ShadowReport, ignored: readonly string[]): void {
  for (const { job, examples } of jobs) expect({ job, examples }).toEqual({ job, examples: [] })
  expect(total).toMatchObject({ agreement: 1, verdicts: { match: total.compared, pending: 0 } })
  for (const verdict of IGNORABLE) expect(total.verdicts[verdict]).toBe(0)
  expect(Object.keys(total.ignored).toSorted()).toEqual(ignored)
}

async function report(revision: Revision): Promise<ShadowReport> {
  const { json } = await revision.call(
    'operator',
    'GET',
    `/api/shadow/report?from=${new Date(START).toISOString()}`,
  )
  return json
}

/** One job file for both paths; the second revision has changed it. */
function jobFile(clock: VirtualClock, revision: 1 | 2): JobDefinition[] {
  const job = (
    name: string,
    schedule: string | undefined,
    work: (context: Context<unknown>) => Promise<unknown>,
  ) =>
    defineJob({
      name,
      ...(schedule !== undefined && { schedule }),
      payload: z.unknown(),
      with: { revision },
      policies: { shadow: 'run' },
      run: work,
    })
  const send = async () => {
    if (DOWN.from <= clock.now() && clock.now() < DOWN.to) throw new Error('503')
    return 'posted'
  }
  const posting = async ({ effect, scheduled_for, payload }: Context<unknown>) => {
    await effect('post', { payload, at: scheduled_for.getTime() }, send, { shadow: 'posted' })
  }
  return [
    job('quarter', '*/15 * * * *', posting),
    job('hourly', '37 * * * *', posting),
    job('nightly', revision === 1 ? '30 2 * * *' : '40 2 * * *', posting),
    job('busy', '*/5 11,16 * * *', async (context) => {
      await clock.sleep(20_000)
      await posting(context)
    }),
    job('unsteady', '40 */2 * * *', async (context) => {
      await posting(context)
      if (context.attempt === 1) throw new Error('only the second time')
    }),
    job('long', '52 */6 * * *', () => clock.sleep(80_000)),
    defineJob({ name: 'planned', schedule: '@every 90m', payload: z.unknown(), run: posting }),
    job('mail', undefined, posting),
  ]
}

async function sendOneOff(revision: Revision, schedule_at: string): Promise<void> {
  const { status } = await revision.call('operator', 'POST', '/api/jobs', {
    job_type: 'mail',
    schedule_at,
    payload: {},
  })
  expect(status).toBe(201)
}

type Changing = (job: Job, now: number) => { readonly job: Job; readonly skips: readonly Skip[] }

/** As an operator does: the job and what it skipped, in one commit. */
async function change(store: Documents, name: string, to: Changing): Promise<void> {
  const { value, time } = await store.get([jobRef(name)])
  const [stored] = value
  const job = stored ? parseJob(stored) : null
  if (!stored || !job?.ok) throw new Error(`${name} cannot be read`)
  const next = to(job.value, time)
  const { ref, version } = stored
  const done = await store.commit([
    { kind: 'update', ref, version, fields: toFields(next.job) },
    ...skipRecords(job.value, next.skips, () => false, time),
  ])
  expect(done.outcome).toBe('done')
}
