import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { TickoverError } from '../../../functions/errors.ts'
import { DEFAULT_POLICIES } from '../../../functions/job/policies.ts'
import { defineJob, type JobDefinition, type JobOptions } from '../../../functions/target/handler.ts'
import { createRegistry, LONGEST_PAYLOAD } from '../../../functions/target/registry.ts'

const DEFAULTS = { time_zone: 'Europe/Vienna', lanes: ['default', 'slow'] }
const run = async () => null

function job(changes: Partial<JobOptions<unknown>> = {}): JobDefinition {
  return defineJob({ name: 'digest', payload: z.unknown(), schedule: '@every 60s', run, ...changes })
}

/** What is wrong with these jobs: `job: problem`, all of it. */
function problems(...jobs: JobDefinition[]): string[] {
  try {
    createRegistry(jobs, DEFAULTS)
    return []
  } catch (error) {
    const { code, problems: told, message } = error as TickoverError
    expect(code).toBe('configuration')
    for (const { message: one } of told) expect(message).toContain(one)
    return told.map(({ field, message: one }) => `${field}: ${one}`)
  }
}

describe('the registry', () => {
  test('makes of a coded job what is to stand in the store', () => {
    const { definitions, handlers, policies } = createRegistry(
      [
        job({
          description: 'Sends it',
          lane: 'slow',
          schedule: '0 9 * * *',
          with: { a: 1 },
          policies: { max_attempts: 5 },
        }),
      ],
      DEFAULTS,
    )
    expect(definitions).toEqual([
      {
        name: 'digest',
        kind: 'recurring',
        display_name: 'digest',
        description: 'Sends it',
        job_type: 'digest',
        target: { kind: 'handler' },
        lane: 'slow',
        schedule: { kind: 'cron', expression: '0 9 * * *', time_zone: 'Europe/Vienna' },
        ends_at: null,
        payload: '{"a":1}',
        policies: { ...DEFAULT_POLICIES, max_attempts: 5 },
      },
    ])
    expect(handlers.get('digest')?.work).toEqual({ kind: 'handler', run })
    expect(policies.get('digest')?.max_attempts).toBe(5)
  })

  test('puts a job without a lane into the first, and gives it an empty payload', () => {
    const [definition] = createRegistry([job()], DEFAULTS).definitions
    expect(definition).toMatchObject({ lane: 'default', payload: '{}' })
  })

  test('of a job without a schedule keeps the handler; it is tried again after 5 minutes', () => {
    const { name, payload } = job()
    const { definitions, handlers, policies } = createRegistry([defineJob({ name, payload, run })], DEFAULTS)
    expect([definitions, [...handlers.keys()]]).toEqual([[], ['digest']])
    expect(policies.get('digest')?.retry).toEqual({
      base_seconds: 300,
      factor: 1,
      cap_seconds: 300,
      jitter: 0,
    })
  })

  test('takes a choice of `undefined` for none', () => {
    const { policies } = createRegistry([job({ policies: { max_attempts: undefined } })], DEFAULTS)
    expect(policies.get('digest')).toEqual(DEFAULT_POLICIES)
  })
})

describe('refused at the start is', () => {
  test.each<[string, Partial<JobOptions<unknown>>, RegExp]>([
    ['a name that cannot stand in an address', { name: 'a/b' }, /^job "a\/b": the name must be/],
    ['an empty name', { name: '' }, /^job "": the name must be/],
    ['a name that is too long', { name: 'x'.repeat(101) }, /the name must be 1 to 100/],
    ['a name that begins with a dot', { name: '..' }, /the name must be/],
    ['an unknown lane', { lane: 'fast' }, /lane "fast" is not one of SCHEDULER_LANES \(default, slow\)/],
    ['a schedule that cannot be read', { schedule: 'often' }, /^job "digest": .*needs five fields/],
    ['a schedule that never occurs', { schedule: '0 0 30 2 *' }, /^job "digest": /],
    ['a policy out of range', { policies: { max_attempts: 0 } }, /policies\.max_attempts: /],
    ['a policy that does not exist', { policies: { retries: 3 } as never }, /policies\..*retries/],
    [
      'a payload that its own schema refuses',
      { payload: z.object({ to: z.string() }), with: {} },
      /with\.to: /,
    ],
    [
      'a payload that is too long',
      { with: 'x'.repeat(LONGEST_PAYLOAD) },
      /with: at most 65536 bytes of JSON/,
    ],
    ['a payload that JSON has no word for', { with: { n: 1n } }, /^job "digest": with/],
    ['a payload that is no data', { with: () => 1 }, /^job "digest": with/],
    [
      'a payload that its schema would refuse once it has been stored',
      { payload: z.object({ at: z.date() }), with: { at: new Date(0) } },
      /^job "digest": with\.at: /,
    ],
  ])('%s', (_what, changes, problem) => {
    expect(problems(job(changes))).toEqual([expect.stringMatching(problem)])
  })

  test('a second job of the same name', () => {
    expect(problems(job(), job())).toEqual([
      'job "digest": is declared twice; give each job a name of its own',
    ])
  })

  test('everything at once', () => {
    const bad = {
      name: 'bad name',
      lane: 'fast',
      schedule: 'often',
      policies: { max_attempts: 0, overlap: 'x' as never },
    }
    expect(problems(job(bad), job({ timeout: 1 } as never), job({ name: 'digest' }))).toHaveLength(6)
  })
})
