import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FLAGS, loadConfig } from '../../functions/config.ts'
import { type Problem, TickoverError } from '../../functions/errors.ts'
import { envExample, main } from '../../scripts/config.ts'

const AWAY = {
  SCHEDULER_OIDC_AUDIENCE: 'https://t.example.com',
  SCHEDULER_SERVICE_ACCOUNT: 'tick@p.iam.gserviceaccount.com',
}
const NAMES = Object.values(FLAGS).map((flag) => flag.name)

function problems(env: Record<string, string>): readonly Problem[] {
  try {
    loadConfig(env)
  } catch (error) {
    if (error instanceof TickoverError && error.code === 'configuration') return error.problems
    throw error
  }
  return []
}

const fields = (env: Record<string, string>) => problems(env).map((problem) => problem.field)

describe('loadConfig', () => {
  it('needs nothing to run locally', () => {
    expect(loadConfig({})).toMatchObject({
      environment: 'local',
      storage: 'json',
      lanes: [{ name: 'default', dwell_seconds: null }],
      concurrency: 5,
      batch_size: 20,
      lease_seconds: 300,
      scheduler_account: null,
      principals: [],
    })
  })

  it('takes an empty flag for an unset one, as env files have them', () => {
    expect(loadConfig({ SCHEDULER_CONCURRENCY: '', SCHEDULER_TARGET_URL: ' ' })).toEqual(loadConfig({}))
  })

  it('reports every problem at once', () => {
    const env = {
      ENVIRONMENT: 'prod',
      SCHEDULER_CONCURRENCY: '0',
      SCHEDULER_LEASE_SECONDS: 'x',
      SCHEDULER_LANES: 'A',
    }
    expect(fields(env)).toEqual([
      'ENVIRONMENT',
      'SCHEDULER_LANES',
      'SCHEDULER_CONCURRENCY',
      'SCHEDULER_LEASE_SECONDS',
    ])
  })

  it('says which flag a misspelt one may mean', () => {
    expect(problems({ SCHEDULER_CONCURENCY: '3', ROLLOUT_QQQQQQ: '1', PATH: '/bin' })).toEqual([
      { field: 'SCHEDULER_CONCURENCY', message: 'is not a flag; did you mean SCHEDULER_CONCURRENCY?' },
      { field: 'ROLLOUT_QQQQQQ', message: 'is not a flag' },
    ])
  })

  it('reads a number in decimal digits or refuses it, and never makes it NaN', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (text) => {
        if (text.trim() === '' || problems({ SCHEDULER_CONCURRENCY: text }).length > 0) return
        expect(text.trim()).toMatch(/^\d+$/)
        expect(loadConfig({ SCHEDULER_CONCURRENCY: text }).concurrency).toBe(Number.parseInt(text, 10))
      }),
    )
    for (const text of ['1e2', '0x10', '-1', '5.0', 'NaN', 'Infinity', '201', '99999999999999999999']) {
      expect(fields({ SCHEDULER_CONCURRENCY: text }), text).toEqual(['SCHEDULER_CONCURRENCY'])
    }
  })

  it('repeats no value in a message, whichever flag holds it', () => {
    const secret = 'Hunter2-s3cr3t{"'
    for (const name of NAMES) {
      for (const text of [
        secret,
        `https://u:${secret}@x.example.com`,
        `{"${secret}":{"roles":["${secret}"]}}`,
        `a@b.co ${secret}`,
      ]) {
        expect(JSON.stringify(problems({ [name]: text })), name).not.toContain('Hunter2')
      }
    }
  })

  it.each([
    ['fast:dwell', [{ name: 'fast', dwell_seconds: 75 }]],
    [
      'a, b:dwell=60',
      [
        { name: 'a', dwell_seconds: null },
        { name: 'b', dwell_seconds: 60 },
      ],
    ],
    ['x:dwell=600', [{ name: 'x', dwell_seconds: 600 }]],
  ])('reads the lanes %j', (text, lanes) => {
    expect(loadConfig({ SCHEDULER_LANES: text }).lanes).toEqual(lanes)
  })

  it.each(['a,a', 'a:dwell=59', 'a:dwell=601', 'a:dwell=', 'a:sleep', 'a,', 'Ä', '1a', 'a:dwell=6e1'])(
    'refuses the lanes %j',
    (text) => {
      expect(fields({ SCHEDULER_LANES: text })).toContain('SCHEDULER_LANES')
    },
  )

  it.each([
    { SCHEDULER_CADENCE: '* * *' },
    { SCHEDULER_CADENCE: '0 0 30 2 *' },
    { SCHEDULER_TIMEZONE: 'Mars/Base' },
  ])('refuses a cadence that never falls due: %j', (env) => {
    expect(fields(env)).toEqual(['SCHEDULER_CADENCE'])
  })

  it('wants a request timeout longer than the budget and every dwell', () => {
    expect(fields({ SCHEDULER_REQUEST_TIMEOUT_SECONDS: '50' })).toEqual(['SCHEDULER_REQUEST_TIMEOUT_SECONDS'])
    const env = { SCHEDULER_REQUEST_TIMEOUT_SECONDS: '75', SCHEDULER_LANES: 'a:dwell' }
    expect(fields(env)).toEqual(['SCHEDULER_REQUEST_TIMEOUT_SECONDS'])
    expect(fields({ ...env, SCHEDULER_REQUEST_TIMEOUT_SECONDS: '76' })).toEqual([])
  })

  it('wants audience and account outside local', () => {
    expect(fields({ ENVIRONMENT: 'qa' })).toEqual(['SCHEDULER_OIDC_AUDIENCE', 'SCHEDULER_SERVICE_ACCOUNT'])
    expect(fields({ ENVIRONMENT: 'qa', ...AWAY })).toEqual([])
  })

  it('refuses other keys, an emulator and the json storage in production', () => {
    const production = { ENVIRONMENT: 'production', ...AWAY }
    expect(fields(production)).toEqual(['SCHEDULER_STORAGE'])
    expect(fields({ ...production, SCHEDULER_STORAGE: 'firestore' })).toEqual([])
    expect(fields({ ...production, SCHEDULER_ALLOW_JSON_IN_PRODUCTION: 'yes' })).toEqual([])
    for (const near of ['YES', 'true', '1']) {
      expect(fields({ ...production, SCHEDULER_ALLOW_JSON_IN_PRODUCTION: near }), near).toContain(
        'SCHEDULER_ALLOW_JSON_IN_PRODUCTION',
      )
    }
    const overrides = {
      SCHEDULER_TOKEN_KEYS_URL: 'https://keys.example.com',
      SCHEDULER_IAP_KEYS_URL: 'https://keys.example.com',
      SCHEDULER_API_ENDPOINT: 'localhost:9000',
    }
    expect(fields({ ...production, SCHEDULER_STORAGE: 'firestore', ...overrides })).toEqual(
      Object.keys(overrides),
    )
    expect(fields({ ENVIRONMENT: 'qa', ...AWAY, ...overrides })).toEqual([])
  })

  it('reads principals, and folds the case of their addresses', () => {
    const text =
      '{"Ana@Example.com":{"roles":["operator"]},"s@p.iam.gserviceaccount.com":{"roles":["service"],"job_types":["mail"]}}'
    expect(loadConfig({ SCHEDULER_PRINCIPALS: text }).principals).toEqual([
      { name: 'ana@example.com', roles: ['operator'], services: [], job_types: [] },
      { name: 's@p.iam.gserviceaccount.com', roles: ['service'], services: [], job_types: ['mail'] },
    ])
  })

  it.each([
    '[]',
    '{',
    '"a@b.co"',
    '{"a@b.co":["viewer"]}',
    '{"a@b.co":{"roles":[]}}',
    '{"a@b.co":{"roles":["scheduler"]}}',
    '{"nobody":{"roles":["viewer"]}}',
    '{"a@b.co":{"roles":["service"]}}',
    '{"a@b.co":{"roles":["viewer"],"jobtypes":[]}}',
  ])('refuses the principals %s', (text) => {
    expect(fields({ SCHEDULER_PRINCIPALS: text })).toContain('SCHEDULER_PRINCIPALS')
  })

  it.each(['ftp://x.example.com', 'x.example.com', 'https://me:pw@x.example.com', 'javascript:alert(1)'])(
    'refuses the URL %s',
    (text) => {
      expect(fields({ SCHEDULER_TARGET_URL: text })).toEqual(['SCHEDULER_TARGET_URL'])
    },
  )
})

/** The command, with what it printed. */
function run(args: string[], env: Record<string, string> = {}) {
  let text = ''
  const code = main(args, env, (part) => {
    text += part
  })
  return { code, text }
}

describe('npm run config', () => {
  it('has written .env.example from the table, each default of which is accepted', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample())
    for (const flag of Object.values(FLAGS)) {
      expect(envExample()).toContain(`# ${flag.name}=`)
      if (flag.fallback !== null) expect(fields({ [flag.name]: flag.fallback }), flag.name).toEqual([])
    }
  })

  it('prints what holds and where it comes from, and exits 0', () => {
    const { code, text } = run([], { SCHEDULER_CONCURRENCY: '7' })
    expect(code).toBe(0)
    expect(text).toMatch(/SCHEDULER_CONCURRENCY +set +7\n/)
    expect(text).toMatch(/SCHEDULER_BATCH_SIZE +default +20\n/)
  })

  it('reads a file on top of the environment, and exits 1 with every problem', () => {
    const file = join(tmpdir(), `tickover-config-${process.pid}.env`)
    writeFileSync(file, "SCHEDULER_CONCURRENCY=many\nSCHEDULER_CADENCE='*/5 * * * *'\n")
    const { code, text } = run(['--env-file', file], { SCHEDULER_CONCURRENCY: '7', SCHEDULER_LANES: 'NO' })
    rmSync(file)
    expect(code).toBe(1)
    expect(text).toContain('SCHEDULER_CONCURRENCY must be a whole number')
    expect(text).toContain('SCHEDULER_LANES lane 1')
  })

  it('answers wrong use with the help and exits 2', () => {
    expect(run(['--nonsense'])).toMatchObject({ code: 2, text: expect.stringContaining('Example:') })
    expect(run(['--env-file', '/no/such/file'])).toMatchObject({ code: 2 })
    expect(run(['--help'])).toMatchObject({ code: 0, text: expect.stringContaining('Example:') })
  })
})
