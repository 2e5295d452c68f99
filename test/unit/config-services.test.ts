import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../functions/config.ts'
import { TickoverError } from '../../functions/errors.ts'

const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345'
const SECRET = `whsec_${'A'.repeat(32)}`
const MAIL = {
  SCHEDULER_SERVICES: '{"email-service":{"job_types":["email"],"lane":"default"}}',
  EMAIL_SERVICE_URL: 'https://mail.example.com/base',
}
const AWAY = {
  ENVIRONMENT: 'qa',
  SCHEDULER_OIDC_AUDIENCE: 'https://t.example.com',
  SCHEDULER_SERVICE_ACCOUNT: 'tick@p.iam.gserviceaccount.com',
}

function problems(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof TickoverError)) throw error
    return error.problems.map(({ field, message }) => `${field} ${message}`)
  }
}

describe('the services', () => {
  it('are none unless they are named', () => {
    expect(loadConfig({ EMAIL_SERVICE_URL: 'nonsense' }).services).toEqual([])
  })

  it('are read from the table, and from the flags that bear their names', () => {
    const env = { ...MAIL, EMAIL_SERVICE_TOKEN: TOKEN, EMAIL_SERVICE_WEBHOOK_SECRET: SECRET }
    expect(loadConfig(env).services).toEqual([
      {
        name: 'email-service',
        url: 'https://mail.example.com/base',
        token: TOKEN,
        signing: 'oidc',
        secret: SECRET,
        job_types: ['email'],
        lane: 'default',
        private: false,
      },
    ])
    expect(loadConfig(MAIL).services[0]).toMatchObject({ token: null, secret: null })
  })

  it.each([
    ['{', /^SCHEDULER_SERVICES must be a JSON object/],
    ['[]', /^SCHEDULER_SERVICES must be a JSON object/],
    ['{"Email":{}}', /^SCHEDULER_SERVICES an entry is no name/],
    ['{"email_service":{}}', /^SCHEDULER_SERVICES an entry is no name/],
    ['{"scheduler-target":{}}', /^SCHEDULER_SERVICES an entry is no name/],
    ['{"email":{"url":"https://x.example"}}', /^SCHEDULER_SERVICES an entry may have "job_types"/],
    ['{"email":{"signing":"none"}}', /^SCHEDULER_SERVICES an entry's signing: must be oidc or webhook/],
  ])('refuse the table %s', (text, says) => {
    expect(problems({ SCHEDULER_SERVICES: text })).toEqual([expect.stringMatching(says)])
  })

  it.each([
    [{ EMAIL_SERVICE_URL: '' }, /^EMAIL_SERVICE_URL is required/],
    [{ EMAIL_SERVICE_URL: 'ftp://mail.example.com' }, /^EMAIL_SERVICE_URL must be an http or https URL/],
    [{ EMAIL_SERVICE_URL: 'https://me:pw@mail.example.com' }, /^EMAIL_SERVICE_URL .* without credentials/],
    [{ EMAIL_SERVICE_URL: 'https://mail.example.com/?a=1' }, /^EMAIL_SERVICE_URL must have neither query/],
    [{ EMAIL_SERVICE_URL: 'https://mail.example.com/#' }, /^EMAIL_SERVICE_URL must have neither query/],
    [{ EMAIL_SERVICE_TOKEN: TOKEN.slice(1) }, /^EMAIL_SERVICE_TOKEN must be 32 to 512/],
    [{ EMAIL_SERVICE_TOKEN: `${TOKEN} x` }, /^EMAIL_SERVICE_TOKEN must be 32 to 512/],
    [{ EMAIL_SERVICE_WEBHOOK_SECRET: TOKEN }, /^EMAIL_SERVICE_WEBHOOK_SECRET must be whsec_/],
    [
      { SCHEDULER_SERVICES: '{"email-service":{"signing":"webhook"}}' },
      /^EMAIL_SERVICE_WEBHOOK_SECRET is required/,
    ],
    [
      { SCHEDULER_SERVICES: '{"email-service":{"lane":"fast"}}' },
      /^SCHEDULER_SERVICES gives a service a lane/,
    ],
    [
      { SCHEDULER_PRINCIPALS: '{"a@b.co":{"roles":["service"],"services":["mail-service"]}}' },
      /^SCHEDULER_PRINCIPALS names a service that SCHEDULER_SERVICES does not have/,
    ],
  ])('refuse %j, and repeat no value', (changes, says) => {
    const found = problems({ ...MAIL, ...changes })
    expect(found).toEqual([expect.stringMatching(says)])
    for (const text of [TOKEN.slice(1), 'me:pw']) expect(found.join('')).not.toContain(text)
  })

  it('have a token each, since one for two would tell them apart for nobody', () => {
    const env = {
      SCHEDULER_SERVICES: '{"a":{},"b":{},"c":{},"d":{}}',
      ...Object.fromEntries(['A', 'B', 'C', 'D'].map((name) => [`${name}_URL`, 'https://x.example.com'])),
    }
    expect(problems({ ...env, A_TOKEN: TOKEN, B_TOKEN: `${TOKEN}b`, C_TOKEN: TOKEN })).toEqual([
      'C_TOKEN is another service’s too; give each its own',
    ])
    expect(problems({ ...env, A_TOKEN: TOKEN, B_TOKEN: `${TOKEN}b` })).toEqual([])
  })

  it('are reached over https, unless their address is a private one', () => {
    const plain = { ...MAIL, EMAIL_SERVICE_URL: 'http://mail.internal' }
    for (const where of [{}, AWAY])
      expect(problems({ ...where, ...plain })).toEqual([
        expect.stringMatching(/^SCHEDULER_SERVICES has a service whose URL is http/),
      ])
    expect(problems({ ...plain, SCHEDULER_PRIVATE_HOSTS: 'mail.internal' })).toEqual([])
    const services = { SCHEDULER_SERVICES: '{"email-service":{"private":true}}' }
    expect(problems({ ...AWAY, ...plain, ...services })).toEqual([])
  })
})

describe('the hosts', () => {
  it('are read as a URL names them', () => {
    const names = 'API.example.com, 10.0.0.1 ,[::1]'
    expect(loadConfig({ SCHEDULER_ALLOWED_HOSTS: names }).allowed_hosts).toEqual([
      'api.example.com',
      '10.0.0.1',
      '[::1]',
    ])
    expect(loadConfig({})).toMatchObject({ allowed_hosts: [], private_hosts: [] })
  })

  it.each([
    '*',
    '*.example.com',
    'a.example.com:443',
    'https://a.example.com',
    'a/b',
    'me@a',
    '127.1',
    '0x7f000001',
    '::1',
    '[0:0::1]',
    'bücher.example',
  ])('may not be %s', (text) => {
    for (const name of ['SCHEDULER_ALLOWED_HOSTS', 'SCHEDULER_PRIVATE_HOSTS'])
      expect(problems({ [name]: text })).toEqual([expect.stringMatching(`^${name} must be host names`)])
  })
})

describe('the surface', () => {
  it('is both locally, else api, unless it is named', () => {
    expect(loadConfig({}).surface).toBe('both')
    expect(loadConfig(AWAY).surface).toBe('api')
    expect(loadConfig({ ...AWAY, SCHEDULER_SURFACE: 'both' }).surface).toBe('both')
    expect(loadConfig({ SCHEDULER_SURFACE: 'page' }).surface).toBe('page')
  })

  it('is never both in production', () => {
    const production = { ...AWAY, ENVIRONMENT: 'production', SCHEDULER_STORAGE: 'firestore' }
    expect(problems({ ...production, SCHEDULER_SURFACE: 'both' })).toEqual([
      expect.stringMatching(/^SCHEDULER_SURFACE is both/),
    ])
    for (const surface of ['api', 'page'])
      expect(problems({ ...production, SCHEDULER_SURFACE: surface })).toEqual([])
  })

  it.each(['12/services/x', '/projects/p/locations/us-central1/services/x', 'https://t.example.com'])(
    'of a page has no IAP audience %s',
    (text) => {
      expect(problems({ SCHEDULER_IAP_AUDIENCE: text })).toEqual([
        expect.stringMatching(/^SCHEDULER_IAP_AUDIENCE must be/),
      ])
    },
  )
})

it('performance is recorded unless somebody says otherwise, in these words', () => {
  expect(loadConfig({}).performance_monitoring).toBe(true)
  expect(loadConfig({ ENABLE_PERFORMANCE_MONITORING: 'false' }).performance_monitoring).toBe(false)
  expect(problems({ ENABLE_PERFORMANCE_MONITORING: '0' })).toHaveLength(1)
})
