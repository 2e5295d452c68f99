import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import { POLICY, ROUTES, type Route, type Rule, routesOn } from '../../functions/auth/policy.ts'
import { CODES } from '../../functions/errors.ts'
import { COMPONENTS } from '../../functions/http/contract/components.ts'
import { describeApi } from '../../functions/http/contract/document.ts'
import { CONTRACT } from '../../functions/http/contract.ts'
import { asDescribed, at, MINUTE, operating, START } from '../support/operating.ts'

/** The document, as far as these tests read it. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: {
    readonly schemas: Readonly<
      Record<string, { readonly properties?: object; readonly additionalProperties?: unknown }>
    >
    readonly securitySchemes: Readonly<Record<string, unknown>>
  }
}

interface Described {
  readonly operationId: string
  readonly security: readonly Readonly<Record<string, readonly []>>[]
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
  readonly requestBody?: { readonly required: boolean }
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, unknown>> }>>
}

const { revision, ask, read } = operating([], { SCHEDULER_SURFACE: 'both' })
const document: Document = await read('/openapi.json')
const text = JSON.stringify(document)

function operationOf(route: Route): Described {
  const [method = '', path = ''] = route.split(' ')
  const found = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
  if (found === undefined) throw new Error(`The document has no ${route}.`)
  return found
}

const isBodyRequired = (route: Route) => operationOf(route).requestBody?.required

describe('the document', () => {
  it('is OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(text))
    expect(errors).toBeUndefined()
    expect(valid).toBe(true)
  })

  it('has every route, and no other', () => {
    const found = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    expect(found.toSorted()).toEqual([...ROUTES].toSorted())
  })

  it.each(['api', 'page'] as const)('of the surface %s has its routes alone', (surface) => {
    const served = JSON.parse(JSON.stringify(describeApi(surface))) as Document
    const operations = Object.values(served.paths).flatMap((methods) => Object.values(methods))
    expect(operations).toHaveLength(routesOn(surface).length)
    const isAsked = operations.some(({ security }) => security.some((one) => 'iap' in one))
    expect(isAsked).toBe(surface === 'page')
  })

  it('refers to nothing that is not there, and calls nothing by a name that nobody uses', () => {
    const referred = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    )
    expect(referred).toEqual(new Set(Object.keys(document.components.schemas)))
    expect(text.match(/"\$ref":/g)).toHaveLength(
      text.match(/"\$ref":"#\/components\/schemas\//g)?.length ?? 0,
    )
    expect(text).not.toMatch(/"\$(id|schema|defs)"/)
  })

  it('names each operation once', () => {
    const names = ROUTES.map((route) => operationOf(route).operationId)
    expect(new Set(names).size).toBe(ROUTES.length)
  })

  it.each(ROUTES)('%s declares what stands in its path, and the fields of its query', (route) => {
    const { parameters } = operationOf(route)
    const inPath = parameters.filter((one) => one.in === 'path')
    expect(inPath.map(({ name }) => `:${name}`)).toEqual(route.match(/:\w+/g) ?? [])
    expect(inPath.every(({ required }) => required)).toBe(true)
    const inQuery = parameters.filter((one) => one.in === 'query').map(({ name }) => name)
    expect(inQuery).toEqual(Object.keys(CONTRACT[route].query?.shape ?? {}))
  })

  it.each(ROUTES)('%s asks for the credentials that the policy asks for', (route) => {
    const { who }: Rule = POLICY[route]
    const ways = operationOf(route).security
    expect(ways.some((way) => Object.keys(way).length === 0)).toBe(who === 'anyone')
    expect(ways.some((way) => 'run_token' in way)).toBe(who === 'run_token')
    expect(ways.some((way) => 'id_token' in way)).toBe(who !== 'run_token')
    const isForServices = who === 'anyone' || (who !== 'run_token' && who.includes('service'))
    expect(ways.some((way) => 'service_token' in way)).toBe(isForServices)
    const known = Object.keys(document.components.securitySchemes)
    expect(known).toEqual(expect.arrayContaining(ways.flatMap((way) => Object.keys(way))))
  })

  it.each(ROUTES)('%s answers errors as problems, with codes of their status', (route) => {
    const errors = Object.entries(operationOf(route).responses).filter(([status]) => Number(status) >= 400)
    expect(errors.length).toBeGreaterThan(0)
    for (const [status, { content }] of errors) {
      expect(Object.keys(content)).toEqual(['application/problem+json'])
      const codes = [...JSON.stringify(content).matchAll(/"(\w+)"/g)]
        .map(([, word = '']) => word)
        .filter((word): word is keyof typeof CODES => word in CODES)
      expect(codes.length).toBeGreaterThan(0)
      expect(codes.every((code) => CODES[code] === Number(status))).toBe(true)
    }
  })

  it('says of a body whether it may be left out', () => {
    expect(isBodyRequired('POST /api/jobs/:name/enable')).toBe(false)
    expect(isBodyRequired('POST /cron/tick')).toBe(false)
    expect(isBodyRequired('POST /api/jobs/register')).toBe(true)
    expect(isBodyRequired('PUT /api/jobs/:name/cron')).toBe(true)
    expect(isBodyRequired('GET /api/jobs')).toBeUndefined()
  })

  it.each(['Action', 'CronChange', 'OneOff', 'Registration', 'Release', 'Tick'] as const)(
    'tells every field of the body %s that is checked, and that there is no other',
    (name) => {
      const { properties, additionalProperties } = document.components.schemas[name] ?? {}
      expect(Object.keys(properties ?? {})).toEqual(Object.keys(COMPONENTS[name].shape))
      expect(additionalProperties).toBe(false)
    },
  )

  it('is made once, and needs a viewer', async () => {
    const answer = await revision.fetch(new Request('http://tickover.example/openapi.json'))
    expect((await asDescribed('GET /openapi.json', answer)).status).toBe(401)
    expect((await ask('operator', 'GET', '/openapi.json')).json).toEqual(document)
  })
})

describe('the answers of every route are as described', () => {
  it('those for operators and viewers, with something to tell', async () => {
    const service = operating()
    await service.ticks(1, 2)
    await service.register()
    await service.operate('POST', '/api/jobs/digest/disable', { reason: 'why' })
    const { json } = await service.operate('POST', '/api/jobs', {
      job_type: 'digest',
      schedule_at: '2031-01-01',
    })
    expect(json.warnings).toHaveLength(1)
    for (const path of [
      '/health',
      '/api/jobs?limit=1',
      '/api/jobs?kind=one_off',
      '/api/jobs/digest',
      '/api/timeline',
      '/api/performance?type=summary',
      '/api/performance?type=metrics',
      '/api/performance?type=transactions',
      '/api/performance?type=cache',
      '/api/ownership',
      '/api/ownership?job=digest',
      '/api/shadow/report',
      '/api/rollout',
      '/api/rollout?to=30d',
      '/api/jobs/digest/audit',
    ])
      expect(await service.ask('viewer', 'GET', path)).toMatchObject({ status: 200 })
    for (const [path, body] of [
      ['/api/rollout/records', { action: 'rollout_advanced', before: { a: ['b'] }, reason: 'r' }],
      ['/api/rollout/free', {}],
      ['/api/performance', { action: 'cleanup_performance', olderThanMs: 3_600_000 }],
      ['/api/performance', { action: 'cleanup_cache' }],
      ['/api/performance', { action: 'invalidate_cache', workspaceId: 'w' }],
    ] as const)
      expect((await service.operate('POST', path, body)).status).toBeLessThan(300)
  })

  it('a shadow with mismatches, and the door of an outside scheduler', async () => {
    const service = operating(undefined, { ROLLOUT_STAGE: '3' })
    await service.tick()
    await service.clock.advanceTo(START + MINUTE)
    const legacy = (method: string, body: object) => service.ask('legacy', method, '/api/legacy/runs', body)
    const claim = { job: 'digest', startedAt: at(1), scheduledFor: at(1), leaseSeconds: 60 }
    const granted = await legacy('POST', claim)
    expect(granted.status).toBe(201)
    const { run, fence } = granted.json
    expect((await legacy('PATCH', { run, fence, leaseSeconds: 60 })).status).toBe(200)
    expect((await legacy('PATCH', { run, fence, status: 'succeeded' })).status).toBe(200)
    expect((await legacy('POST', claim)).json.code).toBe('already_done')
    await service.ticks(2, 3, 9)
    const report = await service.read('/api/shadow/report')
    expect(report.status).toBe('on')
    expect(report.jobs[0].examples.length).toBeGreaterThan(0)
    expect(await service.read('/api/rollout')).toMatchObject({ stage: 3, to: 4 })
  })

  it('a damaged job, and a record that cannot be read', async () => {
    const service = operating()
    await service.ticks(1, 2)
    const spoil = async (collection: 'scheduler_jobs' | 'scheduler_runs', id: string, fields: object) => {
      const [stored] = (await service.store.get([{ collection, id }])).value
      if (!stored) throw new Error(`There is no ${id}.`)
      const { ref, version } = stored
      await service.store.commit([{ kind: 'update', ref, version, fields: { ...fields } }])
    }
    await spoil('scheduler_runs', `digest@${at(2)}`, { attempts: 'none' })
    expect((await service.read('/api/jobs/digest/history')).executions).toMatchObject([
      { status: 'failed', error_message: expect.stringContaining('attempts') },
    ])
    await spoil('scheduler_jobs', 'digest', { policies: null })
    expect((await service.read('/api/jobs')).jobs).toMatchObject([{ name: 'digest', status: 'damaged' }])
    expect(await service.read('/api/jobs/digest')).toMatchObject({ status: 'damaged' })
    expect(await service.read('/api/jobs/digest/stats')).toMatchObject({ code: 'storage_damaged' })
  })
})
