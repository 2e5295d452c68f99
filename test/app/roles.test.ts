import { describe, expect, it } from 'vitest'
import { ROUTES, type Route, type Surface } from '../../functions/auth/policy.ts'
import { setup } from './setup.ts'

const SERVICE_TOKEN = 'a-token-of-the-mail-service-0123456789'

/** Who calls, by the headers they send; IAP has let in the last two. */
const PEOPLE = {
  viewer: { authorization: 'Bearer viewer' },
  operator: { authorization: 'Bearer operator' },
  service: { authorization: 'Bearer service' },
  service_by_token: { 'x-service-token': SERVICE_TOKEN },
  legacy: { authorization: 'Bearer legacy' },
  scheduler: { authorization: 'Bearer scheduler' },
  stranger: { authorization: 'Bearer stranger' },
  nobody: {},
  forger: { authorization: 'Bearer a-forged-token' },
  viewer_in_browser: { 'x-goog-iap-jwt-assertion': 'viewer' },
  operator_in_browser: {
    'x-goog-iap-jwt-assertion': 'operator',
    'sec-fetch-site': 'same-origin',
    'x-scheduler-request': 'page',
  },
} satisfies Record<string, Record<string, string>>
type Person = keyof typeof PEOPLE

const VIEW = ['viewer', 'operator'] as const
const SERVICES = ['service', 'service_by_token'] as const
type Expected = readonly [on: readonly Surface[], may: readonly Person[] | 'anyone' | 'bearer of a run token']

/** Written down by hand, so that a change of the policy has to be meant: where a route is, and who may call it. */
const EXPECTED: Record<Route, Expected> = {
  'GET /health': [['api', 'page'], 'anyone'],
  'POST /cron/tick': [['api'], ['scheduler', 'operator']],
  'POST /api/jobs/register': [['api'], SERVICES],
  'POST /api/jobs': [
    ['api', 'page'],
    ['operator', ...SERVICES],
  ],
  'GET /api/jobs': [['api', 'page'], VIEW],
  'GET /api/jobs/:name': [['api', 'page'], VIEW],
  'GET /api/jobs/:name/history': [['api', 'page'], VIEW],
  'GET /api/jobs/:name/stats': [['api', 'page'], VIEW],
  'GET /api/jobs/:name/preview': [['api', 'page'], VIEW],
  'GET /api/jobs/:name/audit': [['api', 'page'], VIEW],
  'POST /api/jobs/:name/trigger': [['api', 'page'], ['operator']],
  'POST /api/jobs/:name/enable': [['api', 'page'], ['operator']],
  'POST /api/jobs/:name/disable': [['api', 'page'], ['operator']],
  'POST /api/jobs/:name/release': [['api', 'page'], ['operator']],
  'POST /api/jobs/:name/backfill': [['api', 'page'], ['operator']],
  'POST /api/jobs/:name/reset': [['api', 'page'], ['operator']],
  'PUT /api/jobs/:name/cron': [['api', 'page'], ['operator']],
  'DELETE /api/jobs/:name': [['api', 'page'], ['operator']],
  'GET /api/timeline': [['api', 'page'], VIEW],
  'GET /api/performance': [['api', 'page'], VIEW],
  'POST /api/performance': [['api', 'page'], ['operator']],
  'POST /api/runs/:id/complete': [['api'], 'bearer of a run token'],
  'POST /api/legacy/runs': [['api'], ['legacy']],
  'PATCH /api/legacy/runs': [['api'], ['legacy']],
  'GET /api/ownership': [
    ['api', 'page'],
    ['legacy', ...VIEW],
  ],
  'GET /api/shadow/report': [['api', 'page'], VIEW],
  'GET /api/rollout': [['api', 'page'], VIEW],
  'POST /api/rollout/records': [['api', 'page'], ['operator']],
  'POST /api/rollout/free': [['api', 'page'], ['operator']],
  'GET /admin': [['page'], VIEW],
  'GET /admin/:file': [['page'], VIEW],
  'GET /openapi.json': [['api', 'page'], VIEW],
}

const SURFACES = ['api', 'page', 'both'] as const
const proven = async (name: string) => ({ email: EMAILS[name] ?? 'nobody@example.com', domain: null })
const EMAILS: Record<string, string> = { viewer: 'view@example.com', operator: 'ops@example.com' }

function appOn(surface: Surface) {
  const env = {
    SCHEDULER_SURFACE: surface,
    SCHEDULER_SERVICES: '{"mail-service":{"job_types":["mail"]}}',
    MAIL_SERVICE_URL: 'https://mail.example.com',
    MAIL_SERVICE_TOKEN: SERVICE_TOKEN,
  }
  return setup({ env, verifyIap: proven }).app
}
const apps = { api: appOn('api'), page: appOn('page'), both: appOn('both') }

/** What a call of the route is answered: `let through` to its handler, which may have reasons of its own to refuse. */
async function outcome(route: Route, person: Person, surface: Surface, extra: Record<string, string> = {}) {
  const [method = '', path = ''] = route.split(' ')
  const url = `http://localhost${path.replace(':name', 'digest').replace(':id', 'r').replace(':file', 'x.js')}`
  const headers: Record<string, string> = { ...PEOPLE[person], ...extra }
  const response = await apps[surface].request(url, { method, headers })
  const { status } = response
  if (status === 404 && (await response.text()).includes('There is nothing here')) return 404
  return status === 401 || status === 403 || status === 405 ? status : 'let through'
}

function expected(route: Route, person: Person, surface: Surface) {
  const [on, may] = EXPECTED[route]
  // Outside the page's surface IAP's header is a header as any other.
  const isNobody = ['nobody', 'forger'].includes(person) || (surface === 'api' && /browser/.test(person))
  const isServed = surface === 'both' || on.includes(surface)
  if (isServed && may === 'anyone') return 'let through'
  if (isServed && typeof may === 'string') return 401
  if (isNobody) return 401
  if (person === 'stranger') return 403
  if (!isServed) return 404
  const role = person.replace('_in_browser', '')
  return typeof may !== 'string' && may.some((one) => one === role) ? 'let through' : 403
}

describe('the routes', () => {
  it('are those that are expected, no more and no fewer', () => {
    expect(ROUTES.toSorted()).toEqual(Object.keys(EXPECTED).toSorted())
  })

  it('are all that the application has', () => {
    const found = apps.both.routes.filter(({ method }) => method !== 'ALL')
    expect([...new Set(found.map(({ method, path }) => `${method} ${path}`))].toSorted()).toEqual(
      ROUTES.toSorted(),
    )
  })
})

describe.each(SURFACES)('on the surface %s', (surface) => {
  it.each(ROUTES)('%s is for those for whom it is expected to be', async (route) => {
    const people = Object.keys(PEOPLE) as Person[]
    const found = await Promise.all(people.map((person) => outcome(route, person, surface)))
    const answers = Object.fromEntries(people.map((person, n) => [person, found[n]]))
    expect(answers).toEqual(Object.fromEntries(people.map((one) => [one, expected(route, one, surface)])))
  })
})

describe('a run token', () => {
  const token = { 'x-scheduler-run-token': 'x'.repeat(43) }

  it('opens no route but the completion of a run', async () => {
    for (const route of ROUTES) {
      if (route === 'GET /health' || route === 'POST /api/runs/:id/complete') continue
      expect(await outcome(route, 'nobody', 'both', token), route).toBe(401)
    }
  })

  it('opens nothing on a page', async () => {
    expect(await outcome('POST /api/runs/:id/complete', 'nobody', 'page', token)).toBe(401)
  })
})
