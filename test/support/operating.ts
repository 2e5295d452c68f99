import { expect } from 'vitest'
import { z } from 'zod'
import { ROUTES, type Route } from '../../functions/auth/policy.ts'
import { COMPONENTS } from '../../functions/http/contract/components.ts'
import { refusalsOf } from '../../functions/http/contract/refusals.ts'
import { CONTRACT } from '../../functions/http/contract.ts'
import { parseJob } from '../../functions/job/parse.ts'
import type { Collection } from '../../functions/store/documents.ts'
import { defineJob, type JobDefinition } from '../../functions/target/handler.ts'
import { type Answer, type Flags, moving, SELF } from './moving.ts'
import { type Scripted, scripted } from './scripted-documents.ts'
import { openTeam, REGISTRATIONS, type Registering, TEAM, type Team } from './team.ts'
import { untilAsync } from './until-async.ts'

/** A Thursday. */
export const START = Date.parse('2030-01-31T12:00:00Z')
export const MINUTE = 60_000

/** The instant so many minutes after the start, as answers have it. */
export const at = (minutes: number) => new Date(START + minutes * MINUTE).toISOString()

/** A coded job that falls due each minute; it says how often it has run. */
export function minutely(options: Partial<Parameters<typeof defineJob>[0]> = {}): JobDefinition {
  let runs = 0
  return defineJob({
    name: 'digest',
    schedule: '* * * * *',
    payload: z.unknown(),
    run: async ({ items }) => {
      Object.assign(items, { processed: 3, succeeded: 2, failed: 1 })
      return { runs: ++runs }
    },
    ...options,
  })
}

/** What a service registers. */
export const WEEKLY: Registering = REGISTRATIONS.find(({ service }) => service === 'email-service')!

/** Who asks: a person of `moving.ts`, or a service by its own token. */
export type Who = 'operator' | 'viewer' | 'scheduler' | 'legacy' | 'email-service' | 'user-service'

/** The whole service on memory documents, called as a client does; every answer is held against its description. */
export function operating(jobs: readonly JobDefinition[] = [minutely()], flags: Flags = {}) {
  const wires: Scripted[] = []
  const teams: Team[] = []
  const world = moving({
    start: START,
    documents: (store) => kept(wires, scripted(store)),
    send: (clock) => kept(teams, openTeam(clock)).send,
  })
  const revision = world.deploy({ ...TEAM, ...flags }, jobs)
  const [wire, team] = [wires[0]!, teams[0]!]

  /** One request, while time passes. `body` undefined: there is none. */
  async function ask(who: Who, method: string, path: string, body?: unknown): Promise<Answer> {
    const asked = new Request(`${SELF}${path}`, {
      method,
      headers: { ...proofOf(who), 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return asDescribed(routeOf(method, path), await world.passing(Promise.resolve(revision.fetch(asked))))
  }

  return {
    ...world,
    revision,
    wire,
    team,
    ask,
    /** Lets time pass until the work has ended. */
    passing: <T>(work: Promise<T>): Promise<T> => world.passing(work),
    /** As an operator. */
    operate: (method: string, path: string, body?: unknown) => ask('operator', method, path, body),
    /** What a viewer reads. */
    read: async (path: string) => (await ask('viewer', 'GET', path)).json,
    register: (changes: object = {}, who: Who = 'email-service') =>
      ask(who, 'POST', '/api/jobs/register', { ...WEEKLY, ...changes }),
    tick: () => ask('scheduler', 'POST', '/cron/tick', {}),
    /** Ticks at each minute after the start. */
    ticks: async (...minutes: number[]) => {
      for (const minute of minutes) {
        await world.clock.advanceTo(START + minute * MINUTE)
        await ask('scheduler', 'POST', '/cron/tick', {})
      }
    },
    /** Waits, without a step of the clock, until somebody holds the job. */
    untilHeld: (name: string) =>
      untilAsync(async () => {
        const [stored] = (await world.store.get([{ collection: 'scheduler_jobs', id: name }])).value
        return stored?.fields.status === 'running'
      }, `${name} is held`),
    job: async (name: string) => {
      const [stored] = (await world.store.get([{ collection: 'scheduler_jobs', id: name }])).value
      if (!stored) return null
      const job = parseJob(stored)
      if (!job.ok) throw new Error(job.reason)
      return job.value
    },
    record: async (collection: Collection, id: string) =>
      (await world.store.get([{ collection, id }])).value[0]?.fields ?? null,
    /** The audit of a job, the newest first. */
    audit: async (name: string) => (await ask('viewer', 'GET', `/api/jobs/${name}/audit`)).json.entries,
  }
}

function kept<T>(list: T[], one: T): T {
  list.push(one)
  return one
}

/** The answer, as strictly as its description has it: no code, no status and no field that is not told there. */
export async function asDescribed(route: Route, response: Response): Promise<Answer> {
  const { status } = response
  const json: unknown = await response.json()
  if (status >= 400) {
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    const problem = COMPONENTS.Problem.parse(json)
    expect(problem).toEqual(json)
    expect(problem.status).toBe(status)
    expect(refusalsOf(route, 'both')).toContain(problem.code)
    return { status, json }
  }
  const name = new Map(Object.entries(CONTRACT[route].answers)).get(String(status))
  if (typeof name !== 'string') throw new Error(`${route} is not described as answering ${status}.`)
  expect(COMPONENTS[name].parse(json)).toEqual(json)
  return { status, json }
}

function routeOf(method: string, path: string): Route {
  const place = path.split('?')[0] ?? ''
  const route = ROUTES.find((one) => {
    const [its, pattern = ''] = one.split(' ')
    return its === method && new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]+')}$`).test(place)
  })
  if (route === undefined) throw new Error(`There is no route for ${method} ${path}.`)
  return route
}

function proofOf(who: Who): Record<string, string> {
  const tokens = new Map<string, string>([
    ['email-service', TEAM.EMAIL_SERVICE_TOKEN ?? ''],
    ['user-service', TEAM.USER_SERVICE_TOKEN ?? ''],
  ])
  const token = tokens.get(who)
  return token === undefined ? { authorization: `Bearer ${who}` } : { 'x-service-token': token }
}
