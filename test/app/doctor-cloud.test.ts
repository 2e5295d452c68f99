import { readFileSync } from 'node:fs'
import { Hono } from 'hono'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Served, serveHere } from '../../scripts/dev/serve-here.ts'
import { APIS } from '../../scripts/doctor/diagnose/apis.ts'
import { WATCH_JOB } from '../../scripts/doctor/look/commands.ts'
import { main } from '../../scripts/doctor.ts'
import type { OpenPlatform } from '../../scripts/rollout/open.ts'
import { gcloudTree, problemsOf } from '../support/gcloud-tree.ts'
import { memoryPlatform, worldOf } from '../support/memory-platform.ts'
import { virtualClock } from '../support/virtual-clock.ts'
import {
  type Answers,
  FLAGS,
  gcloudWith,
  goodAnswers,
  NOW,
  PLACE,
  WATCH_REGION,
} from '../unit/doctor/cloud.ts'
import { evidence, scheduled } from '../unit/doctor/facts.ts'

const tree = gcloudTree()
const capacity = () => Promise.resolve({ cpu_always: false, min_instances: 0 })
const terraform = (name: string) => readFileSync(new URL(`../../infra/${name}`, import.meta.url), 'utf8')
const ARGS = ['--service', PLACE.service, '--project', PLACE.project, '--region', PLACE.region]

/** Answers as the function does where all is well; a look at `broken` is refused. */
let broken: string | null
/** On the second page of the one-off jobs; null: there is none. */
let left: ReturnType<typeof job> | null
const job = (name: string, lane: string) => ({ name, lane, status: 'pending', time_until_due_seconds: 60 })
let served: Served

beforeEach(async () => {
  broken = null
  left = null
  const app = new Hono()
  app.use(async (c, next) => (c.req.path === broken ? c.json({ detail: 'Not now.' }, 403) : next()))
  app.get('/health', (c) => c.json({ status: 'ok' }))
  app.post('/cron/tick', (c) => c.body(null, 403))
  app.get('/api/rollout', (c) => c.json({ evidence: evidence() }))
  app.get('/api/jobs', (c) => {
    const { kind, cursor } = c.req.query()
    if (kind !== 'one_off') return c.json({ jobs: [job('digest', 'low')], next_cursor: null })
    const next_cursor = cursor === undefined && left !== null ? 'more' : null
    return c.json({ jobs: cursor === 'more' && left !== null ? [left] : [], next_cursor })
  })
  app.get('/', (c) => c.text('', 404, { date: new Date(NOW).toUTCString() }))
  served = await serveHere(app, 0)
})
afterEach(() => served.close())

async function doctor(
  answers: Answers = goodAnswers(),
  refuses: readonly (keyof Answers)[] = [],
  more: string[] = [],
) {
  const said: string[] = []
  const aside: string[] = []
  const gcloud = gcloudWith(answers, refuses)
  const world = { ...worldOf(FLAGS), jobs: scheduled() }
  const open: OpenPlatform = () => {
    return Promise.resolve({ ...memoryPlatform(world, served.url), capacity })
  }
  const code = await main(
    [...ARGS, '--watch-region', WATCH_REGION, ...more],
    {},
    virtualClock(NOW),
    (line) => said.push(line),
    {
      open,
      gcloud: gcloud.run,
      store_url: served.url,
      aside: (line) => aside.push(line),
    },
  )
  return { code, said, aside, text: said.join('\n'), calls: gcloud.calls }
}

test('production that is well is told so, group by group, with the sum at the end', async () => {
  const { code, said, text } = await doctor()
  expect(text).not.toMatch(/BAD|WARN|\?|mend/)
  expect(code).toBe(0)
  expect(said.at(-1)).toMatch(/^\d\d ok\.$/)
  expect(said).toContain('monitoring')
  expect(text).toMatch(/^ {2}ok {4}every query has its index {2,}\d+ of \d+ are ready$/m)
})

test('what is wrong is marked, and the command that mends it stands below', async () => {
  const good = goodAnswers()
  const { code, said, text } = await doctor({ ...good, indexes: good.indexes.slice(1), channels: [] })
  expect(code).toBe(1)
  expect(text).toMatch(
    /^ {2}BAD {3}every query has its index .*missing.*\n {8}mend: terraform -chdir=infra apply/m,
  )
  expect(said.at(-1)).toMatch(/^2 bad, \d\d ok\.$/)
})

test('a one-off job of a lane that nobody ticks is found, on whichever page it stands', async () => {
  left = job('7f0c', 'old')
  const { code, text } = await doctor()
  expect(code).toBe(1)
  expect(text).toMatch(
    /^ {2}BAD {3}every job is in a lane that ticks +old: 7f0c; SCHEDULER_LANES is high:dwell=75,low/m,
  )
})

test('a command that stands above is not printed again', async () => {
  const { text } = await doctor({ ...goodAnswers(), metrics: [], policies: [] })
  expect(text).toMatch(
    / {8}mend: terraform -chdir=infra apply .*\n[^\n]*\n {8}mend: as for "the log-based metrics are there"$/m,
  )
})

test('what gcloud or the service refuses is unknown with its reason, whatever else is well', async () => {
  const one = await doctor(goodAnswers(), ['roles', 'readers', 'page_invokers'])
  expect(one.code).toBe(2)
  expect(one.text).toMatch(
    /^ {2}\? .*nobody from the street may call +gcloud run services .*PERMISSION_DENIED$/m,
  )
  expect(one.text).toMatch(/the secrets can be read .*PERMISSION_DENIED/)
  expect(one.text).not.toMatch(/BAD|WARN/)
  broken = '/api/rollout'
  const two = await doctor()
  expect(two.code).toBe(2)
  expect(two.text).toMatch(/^ {2}\? .*no job is overdue +GET \/api\/rollout\S* answered 403: Not now\./m)
})

test('as JSON it is one document, with progress apart', async () => {
  const { code, said, aside } = await doctor(goodAnswers(), ['apis'], ['--json'])
  expect(code).toBe(2)
  expect(said).toHaveLength(1)
  expect(aside[0]).toMatch(/^Looking at a world in memory/)
  const { summary, lines, looked_at } = JSON.parse(said[0] ?? '') as Record<string, unknown[]>
  expect(looked_at).toBe(new Date(NOW).toISOString())
  expect(lines).toContainEqual({
    group: 'access',
    what: 'the APIs are enabled',
    verdict: 'unknown',
    seen: expect.stringContaining('PERMISSION_DENIED'),
    mend: null,
  })
  expect(summary).toMatchObject({ bad: 0, warn: 0 })
})

test.skipIf(tree === null)(
  'it asks gcloud nothing that gcloud does not know, and nothing that changes anything',
  async () => {
    const { calls } = await doctor()
    expect(calls.length).toBeGreaterThan(15)
    expect(calls.flatMap((args) => (tree === null ? [] : problemsOf(tree, args)))).toEqual([])
    const verbs = calls.map((args) => args.find((arg) => /^(list|describe|read|get-iam-policy)$/.test(arg)))
    expect(verbs).not.toContain(undefined)
  },
)

test('it goes by the names that Terraform gives', () => {
  for (const api of APIS) expect(terraform('apis.tf')).toContain(`"${api}"`)
  expect(terraform('watch.tf')).toContain(`name        = "${WATCH_JOB}"`)
  expect(terraform('alerts.tf')).toMatch(/user_labels = merge\(\s*\{ tickover = each\.key/)
  expect(terraform('alerts.tf')).toContain('{ off = "chosen" }')
  expect(terraform('identity.tf')).toMatch(/^ {4}operator += /m)
  expect(terraform('metrics.tf')).toMatch(/name *= "tickover\/\$\{each\.key\}"/)
})
