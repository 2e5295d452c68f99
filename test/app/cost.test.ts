import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../../functions/target/handler.ts'
import catalog from '../../infra/catalog.json' with { type: 'json' }
import { type Choices, main } from '../../scripts/cost.ts'
import { serveHere } from '../../scripts/dev/serve-here.ts'
import type { Platform } from '../../scripts/rollout/platform.ts'
import { moving } from '../support/moving.ts'
import { virtualClock } from '../support/virtual-clock.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')

async function cost(args: readonly string[], choices: Choices = {}, env = {}) {
  const lines: string[] = []
  const aside: string[] = []
  const code = await main(args, env, virtualClock(NOW), (line) => lines.push(line), {
    aside: (line) => aside.push(line),
    ...choices,
  })
  return { code, lines, text: lines.join('\n'), aside }
}

async function requestsIn(month: string): Promise<number> {
  const { lines } = await cost(['--system', 'services', '--month', month, '--json'])
  const { before } = JSON.parse(lines.join('\n'))
  return before.lines.find(({ charged }: { charged: string }) => charged === 'requests').amount
}

describe('npm run cost', () => {
  it('shows an example in its help', async () => {
    const { code, text } = await cost(['--help'])
    expect(code).toBe(0)
    expect(text).toContain('Example: npm run cost -- --system transit')
  })

  it('names everything that is wrong with its arguments', async () => {
    const args = [
      '--system',
      'trains',
      '--lanes',
      'High',
      '--cadence',
      '61 * * * *',
      '--month',
      '28',
      '--fast',
      'x',
    ]
    const { code, text } = await cost(args)
    expect(code).toBe(2)
    for (const wrong of ['x', '--system', '--lanes', '--cadence', '--month', '--fast'])
      expect(text).toContain(wrong)
    expect((await cost(['--system', 'agent', '--local'])).code).toBe(2)
    expect((await cost(['--region', 'us-central1'])).text).toContain('--region goes with --service NAME')
    expect((await cost([], {}, { SCHEDULER_LANES: 'High' })).code).toBe(2)
  })

  it('says that a system is within its budgets, and with what its bill is made', async () => {
    const { code, text } = await cost(['--system', 'agent'])
    expect(code).toBe(0)
    expect(text).toContain('Firestore: $0.00 of $5.00 a month: within its budget')
    expect(text).toContain('Cloud Scheduler jobs')
    expect(text).toContain('https://cloud.google.com/firestore/pricing')
  })

  it('says that a system is over its budget, beside its own figure', async () => {
    const { code, text } = await cost(['--system', 'transit'])
    expect(code).toBe(1)
    expect(text).toMatch(/Firestore: \$\d+\.\d\d of \$5\.00 a month: OVER ITS BUDGET/)
    expect(text).toContain('Its own figure: $20.72, then $31.09')
    expect(text).toMatch(/SCHEDULER_LANES=high:dwell=60,low: \$\d+\.\d\d a month less/)
  })

  it('shows what alerts are said to cost, marked, and beside the sum', async () => {
    const { text, lines } = await cost(['--system', 'agent'])
    const conditions = Object.keys(catalog.alerts).length
    const [quoted, older] = [0.1, 1.5].map(
      (each) => `\\$${(conditions * (each + 0.35 * 0.08928)).toFixed(2)}`,
    )
    expect(text).toMatch(/^Together +\$0\.00$/m)
    expect(lines.find((line) => line.startsWith('Alert conditions'))).toMatch(new RegExp(` ${conditions} `))
    expect(text).toMatch(/^Beside that, at prices that could not be verified:$/m)
    expect(text).toMatch(
      new RegExp(`^Alerts together: ${quoted}; at the \\$1.50 a condition .* ${older}$`, 'm'),
    )
  })

  it('does not call it saving where most of the work is no longer done', async () => {
    const { text } = await cost(['--system', 'queues'])
    expect(text).not.toContain('What would save')
    expect(text).toMatch(
      /^What would cost less, and do less\n {2}SCHEDULER_CADENCE="\*\/5 \* \* \* \*": .*; 74 % of the runs are no more/m,
    )
  })

  it('shows no sign where there is no difference to see', async () => {
    const { text } = await cost(['--system', 'transit', '--cadence', '*/2 * * * *'])
    expect(text).toMatch(/^Firestore writes .* -\$0\.02$/m)
    expect(text).toMatch(/^Firestore TTL deletes +1,719,539 +1,697,219 +\$0\.17 +\$0\.17 +\$0\.00$/m)
    expect(text).not.toMatch(/[-+]\$0\.00/)
  })

  it('shows the after of other lanes next to the before, with the difference', async () => {
    const { text } = await cost(['--system', 'agent', '--lanes', 'default,more,most'])
    expect(text).toMatch(/Cloud Scheduler jobs +2 +4 +\$0\.00 +\$0\.10 +\+\$0\.10/)
    expect(text).toMatch(/Cloud Run requests +53,568 +142,848 /)
  })

  it('counts the same in 30 days as in 31, but for the day', async () => {
    const [longer, shorter] = [await requestsIn('31'), await requestsIn('30')]
    expect(longer - shorter).toBe(1440 + 288)
  })

  it('answers one JSON document, with the budgets in it', async () => {
    const { code, lines } = await cost(['--system', 'queues', '--json', '--cadence', '*/5 * * * *'])
    expect(lines).toHaveLength(1)
    const told = JSON.parse(lines[0] ?? '')
    expect(told.before.dollars).toBeGreaterThan(told.after.dollars)
    const kept = told.budgets.every((budget: { kept: boolean }) => budget.kept)
    expect(code).toBe(kept ? 0 : 1)
  })

  it('needs no cloud for the jobs of the code', async () => {
    const { code, text } = await cost([])
    expect(code).toBe(0)
    expect(text).toContain('the jobs of functions/jobs/index.ts')
  })
})

describe('of a running service', () => {
  const world = moving({ start: NOW })
  const job = (name: string, seconds: number) =>
    defineJob({
      name,
      schedule: { every_seconds: 120 },
      payload: z.unknown(),
      run: () => world.clock.sleep(seconds * 1000),
    })
  let served: Awaited<ReturnType<typeof serveHere>>
  let platform: Platform

  beforeAll(async () => {
    const revision = world.deploy({ SCHEDULER_LANES: 'default' }, [job('slow', 40), job('paused', 1)])
    await world.passing(revision.tick('default'))
    await world.passing(
      revision.call('operator', 'POST', '/api/jobs/paused/disable', { reason: 'for a while' }),
    )
    await world.clock.advance(121_000)
    await world.passing(revision.tick('default'))
    served = await serveHere({ fetch: revision.fetch } as Parameters<typeof serveHere>[0], 0)
    platform = {
      name: 'the service',
      url: served.url,
      token: async () => 'viewer',
      flags: async () => ({ SCHEDULER_LANES: 'default', SCHEDULER_CADENCE: '* * * * *' }),
    } as unknown as Platform
  })
  afterAll(async () => {
    await served.close()
    await world.close()
  })

  const open = { open: async () => platform }

  it('the durations of its runs are measured, and what is paused is left out', async () => {
    const { code, text } = await cost(['--local'], open)
    expect(code).toBe(0)
    expect(text).toContain('A month of the service: 1 job')
    expect(text).toContain('1 job left out: paused or damaged')
    // 40 s, every two minutes.
    const { lines } = await cost(['--local', '--json'], open)
    const { before } = JSON.parse(lines.join('\n'))
    const cpu = before.lines.find(({ charged }: { charged: string }) => charged === 'request_cpu').amount
    expect(cpu).toBeGreaterThan(31 * 720 * 40)
    expect(cpu).toBeLessThan(31 * 720 * 41 + 10_000)
  })

  it('a refusal says which role is missing', async () => {
    const refused = { ...platform, token: async () => 'nobody' }
    const { code, text } = await cost(['--local'], { open: async () => refused })
    expect(code).toBe(70)
    expect(text).toContain('role viewer')
  })
})
