import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Env, FLAGS, loadConfig } from '../../functions/config.ts'
import { desiredJobs } from '../../scripts/setup/desired.ts'
import { isPending, plan as planSetup } from '../../scripts/setup/plan.ts'
import { loadSettings } from '../../scripts/setup/settings.ts'
import { asFound, specOf } from '../support/planned-job.ts'
import { envOf } from '../support/planned-service.ts'
import { NO_TERRAFORM, ofType, type Plan, planOf } from '../support/terraform.ts'

/** Flags that no service in the cloud is given, and why. */
const NOT_FOR_THE_CLOUD: Readonly<Record<string, string>> = {
  SCHEDULER_STORAGE_FILE: 'an instance has no disk that lasts',
  SCHEDULER_ALLOW_JSON_IN_PRODUCTION: 'an emergency: npm run rollout -- rollback --partial sets it',
  SCHEDULER_TOKEN_KEYS_URL: 'for development',
  SCHEDULER_TOKEN_URL: 'for development',
  SCHEDULER_IAP_KEYS_URL: 'for development',
  SCHEDULER_API_ENDPOINT: 'for development',
  K_SERVICE: 'set by Cloud Run',
  K_REVISION: 'set by Cloud Run',
}

/** A team in the middle of its move, with everything that can be said. */
const MOVING = {
  operators: ['Ana@example.com'],
  viewers: ['domain:example.com', 'ana@example.com'],
  legacy_accounts: ['cron@acme-tickover.iam.gserviceaccount.com'],
  services: {
    'email-service': {
      url: 'https://email.example.com/v1',
      account: 'Email@acme-tickover.iam.gserviceaccount.com',
      job_types: ['email', 'digest'],
      lane: 'low',
      token_secret: 'email-token',
    },
    inner: { url: 'http://inner.internal', private: true, signing: 'webhook', webhook_secret: 'inner-key' },
  },
  flags: {
    scheduler_lanes: 'high:dwell, middle:dwell=120,low',
    scheduler_cadence: '*/10 * * * *',
    scheduler_timezone: 'Europe/Rome',
    scheduler_request_timeout_seconds: 240,
    scheduler_allowed_hosts: ['api.example.com', 'weather.example.com'],
    rollout_stage: 3,
    rollout_legacy_loop: 'on',
    rollout_canary_percent: 10,
    rollout_canary_jobs: ['weather'],
    rollout_expected_jobs: ['weather', 'digest'],
    rollout_ignore: [
      {
        name: 'colder',
        job: 'weather',
        verdict: 'intents_differ',
        owner: 'ana@example.com',
        until: '2030-01-31',
        reason: 'another station',
      },
    ],
  },
}

/** The two that a team fills in are planned as they stand: nothing here depends on what it wrote. */
const PLANS = {
  qa: () => planOf({}, 'qa.tfvars'),
  production: () => planOf({}, 'production.tfvars'),
  plain: () => planOf(),
  moving: () => planOf(MOVING),
}
const NAMES = ['qa', 'production', 'plain', 'moving'] as const

const FLAGS_TF = readFileSync(new URL('../../infra/flags.tf', import.meta.url), 'utf8')
/** The attributes of the typed object, as flags. */
const CHOSEN = [...FLAGS_TF.matchAll(/^ {4}(\w+) +=\s*optional\(/gm)].map(([, name = '']) =>
  name.toUpperCase(),
)
const NAMED = Object.values(FLAGS)

const secretOf = (name: string) =>
  name.endsWith('_WEBHOOK_SECRET') ? `whsec_${'A'.repeat(32)}` : name.padEnd(40, '-')
const apiEnv = (plan: Plan) => envOf(plan, 'api', secretOf)

describe('the files that a team fills in', () => {
  it.each(['qa', 'production'])(
    'name only flags that there are: Terraform drops others without a word (%s)',
    (name) => {
      const file = readFileSync(new URL(`../../infra/${name}.tfvars`, import.meta.url), 'utf8')
      const block = /^flags = \{\n(.*?)^\}/ms.exec(file)?.[1] ?? ''
      const named = [...block.matchAll(/^ {2}(\w+) +=/gm)].map(([, flag = '']) => flag.toUpperCase())
      expect(named).toContain('ROLLOUT_STAGE')
      expect(CHOSEN).toEqual(expect.arrayContaining(named))
    },
  )
})

describe.skipIf(NO_TERRAFORM !== null)('the services that Terraform plans', () => {
  it.each(NAMES)('start: the function takes the flags of both (%s)', async (name) => {
    const plan = await PLANS[name]()
    for (const surface of ['api', 'page'] as const)
      expect(loadConfig(envOf(plan, surface, secretOf))).toMatchObject({ surface, stage: expect.any(Number) })
  })

  it('know who may do what, and which services there are', async () => {
    const { principals, services } = loadConfig(apiEnv(await PLANS.moving()))
    const roles = Object.fromEntries(principals.map((principal) => [principal.name, principal.roles]))
    expect(roles).toEqual({
      'ana@example.com': ['operator', 'viewer'],
      'domain:example.com': ['viewer'],
      'tickover-operator@acme-tickover.iam.gserviceaccount.com': ['operator'],
      'tickover-watch@acme-tickover.iam.gserviceaccount.com': ['viewer'],
      'email@acme-tickover.iam.gserviceaccount.com': ['service'],
      'cron@acme-tickover.iam.gserviceaccount.com': ['legacy'],
    })
    expect(services).toMatchObject([
      { name: 'email-service', lane: 'low', signing: 'oidc', token: secretOf('EMAIL_SERVICE_TOKEN') },
      { name: 'inner', private: true, signing: 'webhook', secret: secretOf('INNER_WEBHOOK_SECRET') },
    ])
  })

  it('have each flag as it was chosen', async () => {
    const config = loadConfig(apiEnv(await PLANS.moving()))
    expect(config).toMatchObject({
      stage: 3,
      legacy_loop: 'on',
      canary_percent: 10,
      canary_jobs: ['weather'],
      expected_jobs: ['weather', 'digest'],
      allowed_hosts: ['api.example.com', 'weather.example.com'],
      ignore_rules: [{ name: 'colder', owner: 'ana@example.com' }],
    })
  })

  it('are given no flag that the function does not know, and lack none that is for the cloud', async () => {
    const plan = await PLANS.plain()
    const given = [envOf(plan, 'api', secretOf), envOf(plan, 'page', secretOf)].flatMap(Object.keys)
    const chosenOrKnown = new Set([...CHOSEN, ...given])
    const all = [...chosenOrKnown, ...Object.keys(NOT_FOR_THE_CLOUD)]
    expect(all.toSorted()).toEqual(NAMED.map(({ name }) => name).toSorted())
  })

  it('have the function’s own defaults, but for the storage', async () => {
    const planned = loadConfig(apiEnv(await PLANS.plain()))
    const own = loadConfig({})
    const differing = Object.entries(FLAGS).filter(
      ([field, { name }]) =>
        CHOSEN.includes(name) &&
        JSON.stringify(planned[field as keyof typeof planned]) !==
          JSON.stringify(own[field as keyof typeof own]),
    )
    expect(differing.map(([, { name }]) => name)).toEqual(['SCHEDULER_STORAGE'])
    expect(planned.storage).toBe('firestore')
  })

  it('take exactly the numbers that the function takes', () => {
    const ranges = [...FLAGS_TF.matchAll(/\[var\.flags\.(\w+), (\d+), (\d+)\]/g)]
    expect(ranges.length).toBeGreaterThan(10)
    for (const [, name = '', least, most] of ranges) {
      const check = NAMED.find((flag) => flag.name === name.toUpperCase())?.check
      const takes = (value: number) => check?.safeParse(String(value)).success
      expect([name, takes(Number(least)), takes(Number(most))]).toEqual([name, true, true])
      expect([name, takes(Number(least) - 1), takes(Number(most) + 1)]).toEqual([name, false, false])
    }
  })
})

describe.skipIf(NO_TERRAFORM !== null)('what Terraform grants', () => {
  it('is these roles and no other, and nothing to everybody', async () => {
    const grants = (await PLANS.moving()).resources.filter(({ type }) => /_iam_(member|binding)$/.test(type))
    const roles = grants.map(
      ({ type, values }) => `${/_project_|_secret_|_run_|_account_/.exec(type)?.[0]} ${String(values.role)}`,
    )
    expect([...new Set(roles)].toSorted()).toEqual([
      '_account_ roles/iam.serviceAccountOpenIdTokenCreator',
      '_project_ roles/datastore.user',
      '_project_ roles/run.builder',
      '_run_ roles/iap.httpsResourceAccessor',
      '_run_ roles/run.invoker',
      '_secret_ roles/secretmanager.secretAccessor',
    ])
    expect(JSON.stringify(grants)).not.toMatch(/allUsers|allAuthenticatedUsers/)
  })
})

describe.skipIf(NO_TERRAFORM !== null)('the Cloud Scheduler jobs that Terraform plans', () => {
  it.each(NAMES)('are those that the setup wants: it has nothing to change (%s)', async (name) => {
    const plan = await PLANS[name]()
    const wanted = desiredJobs(loadSettings(apiEnv(plan)))
    const ticks = ofType(plan, 'google_cloud_scheduler_job').filter((job) => job.name === 'tick')
    const steps = planSetup(wanted, ticks.map(asFound), { paused: false, remove: true })
    expect(steps.filter((step) => isPending(step) || step.kind === 'orphan')).toEqual([])
    expect(ticks.map(({ index }) => index)).toEqual(wanted.map(({ id }) => id).toSorted())
  })

  it('sign with an account and for an audience that the function takes', async () => {
    const plan = await PLANS.moving()
    const env: Env = apiEnv(plan)
    const { audience, service_account } = specOf(
      ofType(plan, 'google_cloud_scheduler_job').find(({ name }) => name === 'tick')!,
    )
    const config = loadConfig(env)
    expect([audience, service_account]).toEqual([config.audience, config.scheduler_account])
  })
})
