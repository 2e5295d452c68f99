import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../scripts/dev/stack/ports.ts'
import { findStack, type ServiceState } from '../../scripts/dev/whereabouts.ts'
import { localPlatform } from '../../scripts/rollout/local.ts'
import type { Platform } from '../../scripts/rollout/platform.ts'
import { type LocalStack, npmStart } from '../e2e/local-stack.ts'
import { firestoreHost, WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { realClock } from '../support/real-clock.ts'
import { untilAsync } from '../support/until-async.ts'

let folder: string
/** Starts while the first test runs. */
let emulator: Promise<string>
let stack: LocalStack | null = null

beforeAll(async () => {
  emulator = WITHOUT_FIRESTORE ? Promise.resolve('') : firestoreHost()
  emulator.catch(() => undefined)
  folder = await mkdtemp(join(tmpdir(), 'tickover-revisions-'))
})
afterAll(() => rm(folder, { recursive: true }))
afterEach(stop)

async function start(...args: readonly string[]): Promise<Platform> {
  stack = npmStart(folder, await freePort(), ...args)
  await stack.printed(/one-off .* succeeded/, 'a job has run')
  return platform()
}

function platform(): Promise<Platform> {
  return localPlatform(join(folder, '.tickover'), realClock, () => undefined)
}

/** Deploys, and answers how the service stands the moment after. */
async function deploy(env: Record<string, string>): Promise<ServiceState> {
  const found = await findStack(join(folder, '.tickover'))
  const body = JSON.stringify({ env })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${found?.control}/service`, { method: 'PATCH', headers, body })
  return (await answer.json()) as ServiceState
}

async function stop(): Promise<void> {
  stack?.signal('SIGINT')
  await stack?.ended
  stack = null
}

/** Asks the service as an operator, until told to stop; resolves to every status that it was answered. */
async function knock(local: Platform, until: Promise<unknown>): Promise<number[]> {
  const headers = { authorization: `Bearer ${await local.token()}` }
  const statuses: number[] = []
  const over = { yet: false }
  void until.catch(() => null).then(() => (over.yet = true))
  while (!over.yet) {
    const answer = await fetch(`${local.url}/api/jobs`, { headers })
    await answer.arrayBuffer()
    statuses.push(answer.status)
  }
  return statuses
}

/** Has the lane that dwells tick; resolves, once that is under way, to what will become its status. */
async function longTick(local: Platform): Promise<{ status: Promise<number> }> {
  const before = ticksBegun()
  const answered = fetch(`${local.url}/cron/tick`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await local.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ lane: 'high' }),
  })
  await untilAsync(async () => ticksBegun() > before, 'the tick is under way')
  return { status: answered.then(({ status }) => status) }
}

function ticksBegun(): number {
  return stack?.output().match(/high {3}tick +begins/g)?.length ?? 0
}

async function jobNames(local: Platform): Promise<string[]> {
  const answer = await fetch(`${local.url}/api/jobs`, {
    headers: { authorization: `Bearer ${await local.token()}` },
  })
  const { jobs } = (await answer.json()) as { jobs: { name: string }[] }
  return jobs.map(({ name }) => name)
}

describe('the revisions of the local stack', () => {
  it('on the file take turns, and no request is lost; one that does not come up leaves the old one serving', async () => {
    const local = await start()
    const tick = await longTick(local)
    const deploying = local.deploy({ SCHEDULER_CONCURRENCY: '3' })
    expect(new Set(await knock(local, deploying))).toEqual(new Set([200]))
    expect(await deploying).toBe('tickover-00002')
    expect(await tick.status).toBe(200)

    const bad = local.deploy({ SCHEDULER_CONCURRENCY: 'many' })
    expect(new Set(await knock(local, bad))).toEqual(new Set([200]))
    await expect(bad).rejects.toThrow(/SCHEDULER_CONCURRENCY must be a whole number/)
    expect(await local.revisions()).toEqual([{ name: 'tickover-00002', serves: true }])
    expect(await local.deploy({ SCHEDULER_CONCURRENCY: '3' })).toBe('tickover-00002')

    await stop()
    await expect(platform()).rejects.toThrow(/Run npm start first/)
  })

  it.skipIf(WITHOUT_FIRESTORE)(
    'on Firestore overlap, with the flags of before; what the old one has under way ends there',
    async () => {
      vi.stubEnv('FIRESTORE_EMULATOR_HOST', await emulator)
      const local = await start()
      expect(await local.flags()).toMatchObject({ SCHEDULER_CONCURRENCY: '3' })
      const jobs = await jobNames(local)
      const said: string[] = []
      await local.stop()
      expect(await local.revisions()).toEqual([])
      await local.copyState('json', 'firestore', (line) => said.push(line))
      expect(said.join('\n')).toMatch(/equal here/)
      await local.deploy({ SCHEDULER_STORAGE: 'firestore' })
      expect(await jobNames(local)).toEqual(jobs)

      const tick = await longTick(local)
      const deploying = deploy({ SCHEDULER_CONCURRENCY: '4' })
      expect(new Set(await knock(local, deploying))).toEqual(new Set([200]))
      expect((await deploying).revisions).toEqual([
        { name: 'tickover-00002', serves: false },
        { name: 'tickover-00003', serves: true },
      ])
      expect(await tick.status).toBe(200)
    },
  )
})
