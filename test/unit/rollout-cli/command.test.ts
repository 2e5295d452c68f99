import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'
import { setUp } from '../../../scripts/rollout/jobs.ts'
import { main } from '../../../scripts/rollout.ts'
import {
  evidenceOf,
  FLAGS,
  memoryPlatform,
  memoryService,
  type World,
  worldOf,
} from '../../support/memory-platform.ts'
import { until } from '../../support/until.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** The service of a world, behind real HTTP; `trouble` answers in its place where it gives a status. */
async function serveWorld(
  world: World,
  trouble: (path: string) => number | null = () => null,
): Promise<string> {
  const service = memoryService(world)
  const app = new Hono()
  app.use(async (c, next) => {
    const status = trouble(c.req.path)
    if (status !== null) return new Response('{"detail":"Not now."}', { status })
    const isOpen = c.req.path === '/health' || c.req.header('authorization') !== undefined
    return isOpen ? next() : c.json({ detail: 'Who are you?' }, 401)
  })
  app.get('/health', (c) => c.json({ status: 'ok' }))
  app.get('/api/rollout', (c) => c.json({ evidence: evidenceOf(world) }))
  app.get('/api/shadow/report', async (c) => c.json(await service.shadowReport(null)))
  app.post('/api/rollout/records', async (c) => {
    await service.record(await c.req.json())
    return c.json({}, 201)
  })
  app.post('/api/rollout/free', async (c) => c.json(await service.free()))
  const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  stops.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

/** Runs the command against a world, behind HTTP. */
async function setup(env = {}, trouble?: Parameters<typeof serveWorld>[1]) {
  const world = worldOf({ ...FLAGS, ...env })
  await setUp(memoryPlatform(world), world.env, false)
  world.log.length = 0
  const url = await serveWorld(world, trouble)
  async function run(line: string) {
    const said: string[] = []
    const progress: string[] = []
    const ended = main(line.split(' '), {}, world.clock, (text) => said.push(text), {
      open: () => Promise.resolve(memoryPlatform(world, url)),
      aside: (text) => progress.push(text),
    })
    let code: number | null = null
    void ended.then((value) => (code = value))
    // A check only asks, over real HTTP: on a busy machine time must not run away while it waits for its answers.
    const step = line.startsWith('check') ? 10 : 500
    await until(() => {
      void world.clock.advance(step)
      return code !== null
    }, 'the command has ended')
    return { code, out: said.join('\n'), progress }
  }
  return { world, run }
}

describe('check', () => {
  test('ends with 0 for a gate that passes, and says what people see to', async () => {
    const { run } = await setup({ ROLLOUT_STAGE: '2' })
    const { code, out } = await run('check --local')
    expect([code, out]).toEqual([0, expect.stringContaining('Gate from stage 2 to 3: PASS')])
    expect(out).toMatch(/criterion +required +measured +samples +verdict/)
    expect(out).toContain('For people:')
  })

  test('ends with 1 for one that fails, and with 2 for one that too little is known about', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '2' })
    world.evidence = { ...world.evidence, duplicates: { settled: 1, effects: 0, legacy_reports: 0 } }
    expect(await run('check --local')).toMatchObject({ code: 1, out: expect.stringContaining('FAIL') })
    world.evidence = { stage_since: null }
    expect(await run('check --local')).toMatchObject({
      code: 2,
      out: expect.stringContaining('INCONCLUSIVE'),
    })
  })

  test('sees from outside what the service cannot know of itself', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '2' })
    world.jobs = world.jobs.map((job) => ({
      ...job,
      state: 'PAUSED',
      spec: { ...job.spec, schedule: '5 * * * *' },
    }))
    const { code, out } = await run('check --local')
    expect(code).toBe(1)
    expect(out.replace(/\s+/g, ' ')).toContain('tickover-default is PAUSED')
  })

  test('of qa at stage 2 prints what production takes as a pass; a forged or failed one is not taken', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qa-pass-'))
    stops.push(() => rm(folder, { recursive: true }))
    const file = join(folder, 'pass.json')
    const production = {
      ENVIRONMENT: 'production',
      SCHEDULER_STORAGE: 'firestore',
      ROLLOUT_STAGE: '1',
    }
    const { run: inQa, world } = await setup({ ROLLOUT_STAGE: '2' })
    const { run } = await setup(production)
    const passed = await inQa('check --local --json')
    expect(JSON.parse(passed.out)).toMatchObject({
      verdict: 'pass',
      environment: 'qa',
      by: 'ana@example.com',
    })

    expect(await run('check --local')).toMatchObject({ code: 0 })
    await writeFile(file, passed.out)
    const { code, out } = await run(`check --local --qa-pass ${file}`)
    expect([code, out]).toEqual([0, expect.stringContaining('ana@example.com')])

    world.evidence = { ...world.evidence, duplicates: { settled: 1, effects: 0, legacy_reports: 0 } }
    const failed = await inQa('check --local --json')
    await writeFile(file, failed.out.replace('"verdict": "fail"', '"verdict": "pass"'))
    expect(await run(`check --local --qa-pass ${file}`)).toMatchObject({
      code: 70,
      out: expect.stringContaining('no pass of stage 2 in qa'),
    })
    await writeFile(file, '{ "by": "ana@example.com", "evidence": {} }')
    expect((await run(`check --local --qa-pass ${file}`)).out).toContain('is not what check --json prints')
    expect((await run(`check --local --qa-pass ${folder}`)).out).toContain('--qa-pass cannot be read')
  })
})

describe('advance', () => {
  test('without --apply prints each flag, old and new, and changes nothing', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '2' })
    const { code, out } = await run('advance --local --canary-percent 10')
    expect(code).toBe(0)
    expect(out).toMatch(/ROLLOUT_STAGE +2 -> 3/)
    expect(out).toMatch(/ROLLOUT_CANARY_PERCENT +\(unset\) -> 10/)
    expect(out).toContain('Nothing was changed. Say --apply to do it.')
    expect(world.log).toEqual([])
  })

  test('with --apply does it, verifies, and has it recorded', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '2' })
    const { code, out } = await run('advance --local --apply')
    expect([code, out]).toEqual([0, expect.stringMatching(/ok {3}.*is at stage 3 \(shadow\)/)])
    expect(world.env).toMatchObject({ ROLLOUT_STAGE: '3' })
    expect(world.records).toMatchObject([{ action: 'rollout_advanced' }])
  })

  test('is stopped by a gate that does not pass, unless it is forced with a reason, which is recorded', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '2' })
    world.evidence = { stage_since: null }
    expect(await run('advance --local --apply')).toMatchObject({
      code: 2,
      out: expect.stringContaining('stage_age: inconclusive'),
    })
    expect(world.log).toEqual([])
    expect(await run('advance --local --apply --force --reason hurry')).toMatchObject({ code: 0 })
    expect(world.records).toMatchObject([
      { action: 'rollout_forced', reason: 'hurry (did not pass: stage_age: inconclusive)' },
      { action: 'rollout_advanced' },
    ])
  })

  test('changes the canary within stage 3 unless something fails there; nothing has to be proven for it', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '3' })
    world.evidence = { shadow: null }
    expect(await run('advance --local --canary-percent 30 --apply')).toMatchObject({
      code: 0,
      out: expect.stringContaining('What changes, within stage 3:'),
    })
    expect(world.env).toMatchObject({ ROLLOUT_STAGE: '3', ROLLOUT_CANARY_PERCENT: '30' })
    world.evidence = { duplicates: { settled: 1, effects: 0, legacy_reports: 0 } }
    expect(await run('advance --local --canary-percent 60 --apply')).toMatchObject({ code: 1 })
    expect(world.env).toMatchObject({ ROLLOUT_CANARY_PERCENT: '30' })
  })

  test('to the stage that stands finishes what was cut off, and asks no gate', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '2' })
    world.jobs = world.jobs.map((job) => ({ ...job, state: 'PAUSED' }))
    const looked = await run('advance --local --to 2')
    expect([looked.code, world.log]).toEqual([0, []])
    expect(looked.out).toMatch(/^Stage 2 stands already[\s\S]*Nothing was changed/)
    expect(await run('advance --local --to 2 --apply')).toMatchObject({ code: 0 })
    expect(world.jobs.map(({ state }) => state)).toEqual(['ENABLED'])
    expect(world.records).toMatchObject([{ action: 'rollout_advanced', reason: 'within the stage' }])
    expect(world.env).toMatchObject({ ROLLOUT_STAGE: '2' })
  })

  test('skips no stage, not even by force', async () => {
    const { run } = await setup({ ROLLOUT_STAGE: '2' })
    expect(await run('advance --local --to 4 --force --reason hurry')).toMatchObject({
      code: 64,
      out: expect.stringContaining('Stages are not skipped'),
    })
  })
})

describe('rollback', () => {
  test('without --apply prints its steps and changes nothing', async () => {
    const { run, world } = await setup({ ROLLOUT_STAGE: '4' })
    const { code, out } = await run('rollback --local')
    expect([code, world.log]).toEqual([0, []])
    expect(out).toMatch(/ 1\. pause the Cloud Scheduler jobs\n 2\. deploy with these flags/)
    expect(out).toContain('The legacy path is an outside scheduler')
  })

  test('with --apply times each step, and the whole against the bound', async () => {
    const { run } = await setup({ ROLLOUT_STAGE: '4' })
    const { code, out } = await run('rollback --local --apply')
    expect(code).toBe(0)
    expect(out).toMatch(/1\/6 pause the Cloud Scheduler jobs[\s\S]*done \(\d+\.\d s\)/)
    expect(out).toMatch(/Rolled back in .*: within the bound \(.*under 5 minutes\)/)
  })
})

test('status tells where it stands and what is missing', async () => {
  const { run, world } = await setup({ ROLLOUT_STAGE: '4', SCHEDULER_STORAGE: 'firestore' })
  world.evidence = { stage_since: world.clock.now() - 2 * 86_400_000 }
  const { code, out } = await run('status --local')
  expect(code).toBe(0)
  expect(out).toMatch(/stage +4 cutover, since .* \(2 days\)/)
  expect(out).toMatch(/live +tick\n/)
  expect(out).toMatch(/Stage 5 still misses \d+ of \d+:/)
  expect(out).toMatch(/day 1 .*\(is past\)\n {2}day 3 .*UTC\n/)
})

test('preflight ends with 0 when all is right, and names every flag that is not', async () => {
  const { run, world } = await setup({ ROLLOUT_STAGE: '0' })
  expect(await run('preflight --local')).toMatchObject({
    code: 0,
    out: expect.stringContaining('Preflight: PASS'),
  })
  world.env = { ...world.env, ROLLOUT_CANARY_PERCENT: '5' }
  const { code, out } = await run('preflight --local')
  expect([code, out.replace(/\s+/g, ' ')]).toEqual([1, expect.stringContaining('ROLLOUT_CANARY_PERCENT and')])
})

test('report says when no shadow runs', async () => {
  const { run } = await setup()
  expect(await run('report --local')).toMatchObject({ code: 0, out: 'Stage 1: No shadow runs.' })
})

describe('a service in trouble', () => {
  test('that comes back is waited for, with progress', async () => {
    let left = 2
    const { run } = await setup({ ROLLOUT_STAGE: '2' }, (path) =>
      path === '/api/rollout' && left-- > 0 ? 503 : null,
    )
    const { code, out } = await run('check --local')
    expect([code, out]).toEqual([0, expect.stringContaining('answered 503; trying again')])
  })

  test('that stays away is a failure of its own kind, and no document is printed in its place', async () => {
    const { run } = await setup({ ROLLOUT_STAGE: '2' }, (path) => (path === '/api/rollout' ? 503 : null))
    const { code, out, progress } = await run('check --local --json')
    expect([code, out]).toEqual([70, ''])
    expect(progress.at(-1)).toBe('Failed: GET /api/rollout answered 503: Not now.')
  })

  test('that refuses the token says what the account needs', async () => {
    const { run } = await setup({}, (path) => (path === '/api/rollout' ? 403 : null))
    expect(await run('status --local')).toMatchObject({
      code: 70,
      out: expect.stringContaining('role operator in SCHEDULER_PRINCIPALS'),
    })
  })
})
