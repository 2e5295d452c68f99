import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Documents } from '../../functions/store/documents.ts'
import { main as cost } from '../../scripts/cost.ts'
import { main } from '../../scripts/doctor.ts'
import { localPlatform } from '../../scripts/rollout/local.ts'
import { openPlace, type Place } from '../rehearsal/place.ts'
import { realClock } from '../support/real-clock.ts'
import { untilAsync } from '../support/until-async.ts'

const MINUTE = 60_000
/** Where a minute stands when the stack starts: its first ticks are told, and the next ones are some time away. */
const SECOND = 25_000

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const ahead_ms = (SECOND - (realClock.now() % MINUTE) + MINUTE) % MINUTE
const clock = { ...realClock, now: () => realClock.now() + ahead_ms }
let place: Place

beforeAll(async () => {
  place = await openPlace({
    storage: 'json',
    flags: {
      SCHEDULER_LANES: 'high,low',
      SCHEDULER_LEASE_SECONDS: '10',
      SCHEDULER_TICK_BUDGET_SECONDS: '1',
    },
    ahead_ms,
  })
  await hasTicked()
})
afterAll(() => place.end())

/** What the doctor says of the stack, in lines, with those that are not ok apart. */
async function doctor() {
  const said: string[] = []
  const open = () => localPlatform(`${place.folder}/.tickover`, clock, () => undefined)
  const code = await main(['--local', '--json'], {}, clock, (line) => said.push(line), { open })
  const { lines, summary } = JSON.parse(said.join('')) as {
    lines: { group: string; what: string; verdict: string; seen: string; mend: string | null }[]
    summary: Record<string, number>
  }
  return { code, lines, summary, wrong: lines.filter(({ verdict }) => verdict !== 'ok') }
}

/** Each lane has a tick now, and there is nothing that nobody knows yet. */
async function hasTicked(): Promise<void> {
  await place.stack.tickNow()
  await untilAsync(async () => (await doctor()).summary.unknown === 0, 'the ticks have told of themselves')
}

/** A holder that died ten minutes ago, in a job that nobody has looked at since; and a job that nobody can read. */
async function harm(documents: Documents): Promise<void> {
  const { value: jobs, time } = await documents.query({ shape: 'jobs', equals: 'recurring', limit: 100 })
  const find = (name: string) => {
    const found = jobs.find(({ ref }) => ref.id === name)
    if (found === undefined) throw new Error(`There is no job ${name}.`)
    return found
  }
  const [stuck, broken] = [find('five'), find('plain')]
  const then = time - 10 * MINUTE
  const entry = {
    run: `five@${new Date(then).toISOString()}`,
    state: 'running',
    fence: Number(stuck.fields.fence),
    attempt: 1,
    owner: 'dead',
    path: 'tick',
    until: then,
    scheduled_for: then,
    began_at: then,
    give_backs: 0,
    died: false,
    trouble: null,
    token: null,
  }
  const { outcome } = await documents.commit([
    { kind: 'update', ...stuck, fields: { entries: [entry], claimable_at: then, next_run_at: then } },
    { kind: 'update', ...broken, fields: { schedule: 'nonsense' } },
  ])
  expect(outcome).toBe('done')
}

/** Cloud Scheduler, as somebody leaves it who was in a hurry. */
async function mistake(): Promise<void> {
  const scheduler = place.platform.scheduler()
  const jobs = await scheduler.list()
  for (const { spec } of jobs) await scheduler.pause(spec.id)
  for (const { spec } of jobs.slice(0, 1))
    await scheduler.update({ ...spec, audience: 'https://wrong.example.com' })
  await scheduler.close()
}

// Before anything is harmed: a run whose holder was dead for long makes the average of its job.
test('what its jobs cost a month is told of the running stack, within the budgets', async () => {
  const said: string[] = []
  const open = () => localPlatform(`${place.folder}/.tickover`, clock, () => undefined)
  expect(await cost(['--local'], {}, clock, (line) => said.push(line), { open }), said.join('\n')).toBe(0)
  expect(said.join('\n')).toMatch(/Firestore[\s\S]*Cloud Scheduler/)
})

test('the local stack is well; its faults each show in their line, and the commands that stand there mend them', async () => {
  const healthy = await doctor()
  expect(healthy.wrong).toEqual([])
  expect(healthy.code).toBe(0)
  expect(new Set(healthy.lines.map(({ group }) => group))).toEqual(
    new Set(['flags', 'service', 'access', 'scheduler', 'jobs', 'clocks']),
  )

  await mistake()
  await place.platform.stop()
  {
    await using opened = await place.open()
    await harm(opened.documents)
  }
  await place.platform.deploy({})

  const harmed = await doctor()
  expect(harmed.code).toBe(1)
  expect(harmed.wrong.map(({ verdict, what, seen }) => `${verdict} ${what}: ${seen}`)).toEqual([
    expect.stringMatching(/^bad one audience everywhere: tickover-high asks for https:\/\/wrong/),
    expect.stringMatching(/^bad tickover-high: PAUSED/),
    expect.stringMatching(/^bad tickover-low: PAUSED/),
    expect.stringMatching(/^bad no job is overdue: \d+: .*five/),
    expect.stringMatching(/^bad no lease is stuck: 1: five, the oldest for 10(\.\d)? min$/),
    expect.stringMatching(/^bad every job can be read: not to be read: plain \(.+\)$/),
  ])

  for (const mend of new Set(harmed.wrong.map((line) => line.mend ?? '')))
    await promisify(execFile)('sh', ['-c', mend], { cwd: ROOT })
  await hasTicked()
  const mended = await doctor()
  expect(mended.wrong.map(({ what }) => what)).toEqual(['every job can be read'])
})
