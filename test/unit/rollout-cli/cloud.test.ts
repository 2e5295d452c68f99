import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../functions/config.ts'
import { readFlags, readService } from '../../../scripts/rollout/cloud/description.ts'
import { dictionary, explain, shellLine } from '../../../scripts/rollout/cloud/gcloud.ts'
import { cloudPlatform } from '../../../scripts/rollout/cloud.ts'
import { fakeGcloud, SERVICE_URL } from '../../support/fake-gcloud.ts'
import { FLAGS } from '../../support/memory-platform.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

const PLACE = { service: 'jobs', project: 'test-project', region: 'us-central1' }
async function open(env: Record<string, string>, options = {}) {
  const fake = fakeGcloud(env, options)
  const shared = { place: PLACE, env: { OPERATOR_TOKEN: 'given' }, file: null, say: () => undefined }
  const platform = await cloudPlatform({ ...shared, clock: virtualClock(0), run: fake.run })
  return { ...fake, platform }
}

const FIRESTORE = { ...FLAGS, SCHEDULER_STORAGE: 'firestore' }

describe('a Cloud Run service', () => {
  test('gets its flags in one update, which the plan shows as it is run', async () => {
    const { platform, changes } = await open({ ...FIRESTORE, ROLLOUT_CANARY_PERCENT: '5' })
    const wanted = { ROLLOUT_STAGE: '4', SCHEDULER_LANES: 'high:dwell,low', ROLLOUT_CANARY_PERCENT: null }
    const [shown] = platform.commandsFor(wanted)
    expect(await platform.deploy(wanted)).toBe('jobs-00002')
    expect(changes()).toEqual([
      [
        'run',
        'services',
        'update',
        'jobs',
        '--region=us-central1',
        '--project=test-project',
        '--update-env-vars=^@@^ROLLOUT_STAGE=4@@SCHEDULER_LANES=high:dwell,low',
        '--remove-env-vars=ROLLOUT_CANARY_PERCENT',
      ],
    ])
    expect(shown).toBe(shellLine(changes()[0] ?? []))
    expect(await platform.flags()).toMatchObject({ ROLLOUT_STAGE: '4', SCHEDULER_LANES: 'high:dwell,low' })
  })

  test('that has the flags already is left alone', async () => {
    const { platform, changes } = await open(FIRESTORE)
    expect(await platform.deploy({ ROLLOUT_STAGE: '1', ROLLOUT_CANARY_JOBS: null })).toBe('jobs-00001')
    expect(changes()).toEqual([])
  })

  test('whose traffic was pinned gives it to the new revision', async () => {
    const { platform } = await open(FIRESTORE, { pinned: true })
    expect(await platform.deploy({ ROLLOUT_STAGE: '2' })).toBe('jobs-00002')
    expect(await platform.revisions()).toEqual([
      { name: 'jobs-00002', serves: true },
      { name: 'jobs-00001', serves: false },
    ])
  })

  test('that is stopped serves again after a deployment, and only then', async () => {
    const { platform, changes } = await open(FIRESTORE)
    await platform.stop()
    await platform.stop()
    expect(await platform.revisions()).not.toContainEqual(expect.objectContaining({ serves: true }))
    await platform.deploy({})
    expect(await platform.revisions()).toContainEqual({ name: 'jobs-00002', serves: true })
    expect(changes().map((args) => args.filter((arg) => arg.startsWith('--scaling')))).toEqual([
      ['--scaling=0'],
      ['--scaling=auto'],
    ])
  })

  test('on the json storage is stopped before another process may open it, and has one instance', async () => {
    const { platform, changes } = await open(FIRESTORE)
    await platform.deploy({ SCHEDULER_STORAGE: 'json' })
    expect(changes().map((args) => args.slice(6))).toEqual([
      ['--project=test-project', '--scaling=0'],
      expect.arrayContaining(['--max-instances=1', '--scaling=auto']),
    ])
  })

  test('with the in-process loop has CPU between requests, and an instance', async () => {
    const { platform, changes } = await open(FIRESTORE)
    await platform.deploy({ ROLLOUT_LEGACY_LOOP: 'on' })
    expect(changes()).toEqual([expect.arrayContaining(['--no-cpu-throttling', '--min-instances=1'])])
  })

  test('has the page beside it follow: what it shows is what stands', async () => {
    const { platform, changes, pageFlags } = await open(FIRESTORE, { page: { ROLLOUT_STAGE: '3' } })
    const wanted = { ROLLOUT_STAGE: '4', ROLLOUT_CANARY_JOBS: null }
    const shown = platform.commandsFor(wanted)
    await platform.deploy(wanted)
    expect(pageFlags()).toEqual({ ROLLOUT_STAGE: '4' })
    expect(changes().map(shellLine)).toEqual(shown)
    await platform.deploy(wanted)
    expect(changes()).toHaveLength(2)
  })

  test('says what Terraform has to be told, in its own language', async () => {
    const { platform } = await open(FIRESTORE)
    const changes = {
      ROLLOUT_STAGE: '3',
      SCHEDULER_SHADOW_MODE: 'true',
      ROLLOUT_CANARY_JOBS: 'weather,digest',
      ROLLOUT_CANARY_SPLIT: null,
      SCHEDULER_CADENCE: '*/10 * * * *',
    }
    expect(platform.keep?.(changes).slice(1)).toEqual([
      '  rollout_stage = 3',
      '  scheduler_shadow_mode = true',
      '  rollout_canary_jobs = ["weather","digest"]',
      '  rollout_canary_split: leave it out',
      '  scheduler_cadence = "*/10 * * * *"',
    ])
    expect(platform.keep?.({})).toEqual([])
  })

  test('is set up for its own URL, project and region', async () => {
    const { platform } = await open({ ENVIRONMENT: 'qa' })
    expect(platform.setupEnv({})).toMatchObject({
      SCHEDULER_TARGET_URL: SERVICE_URL,
      GOOGLE_CLOUD_PROJECT: 'test-project',
      SCHEDULER_LOCATION: 'us-central1',
    })
    expect(await platform.token()).toBe('given')
  })

  test('is not copied without the file of the json storage', async () => {
    const { platform } = await open(FIRESTORE)
    await expect(platform.copyState('firestore', 'json', () => undefined)).rejects.toThrow(/--file PATH/)
  })
})

test('a flag’s value may hold any separator but the one chosen', () => {
  expect(dictionary([['A', 'x@@y,z=1']])).toBe('^##^A=x@@y,z=1')
})

test('flags that come from secrets are not seen, and a split of traffic serves with no one revision', () => {
  const env = [
    { name: 'A', value: '1' },
    ...['SECRET', 'MAIL_TOKEN', 'MAIL_WEBHOOK_SECRET'].map((name) => ({
      name,
      valueFrom: { secretKeyRef: { name: 's' } },
    })),
  ]
  const text = JSON.stringify({ metadata: { name: 'r' }, spec: { containers: [{ env }] } })
  const seen = readFlags(text)
  expect(Object.keys(seen)).toEqual(['A', 'MAIL_TOKEN', 'MAIL_WEBHOOK_SECRET'])
  const table = { mail: { signing: 'webhook' } }
  const flags = { ...seen, SCHEDULER_SERVICES: JSON.stringify(table), MAIL_URL: 'https://mail.example.com' }
  expect(() => loadConfig(flags)).not.toThrow()
  const traffic = [
    { revisionName: 'a', percent: 50 },
    { revisionName: 'b', percent: 50 },
  ]
  const service = { metadata: {}, spec: { template: {} }, status: { url: SERVICE_URL, traffic } }
  expect(readService(JSON.stringify(service))).toMatchObject({
    serving: null,
    capacity: { cpu_always: false, min_instances: 0 },
  })
})

test.each([
  [{ code: 'ENOENT' }, '', /not installed here/],
  [{ code: 1 }, 'ERROR: You do not currently have an active account selected.\nmore', /gcloud auth login$/],
  [
    { code: 1 },
    'ERROR: Permission denied on service',
    /run services describe jobs failed: .*Permission denied/,
  ],
  [{ code: null, killed: true }, '', /did not end within 10 minutes/],
])('a gcloud that fails says what to do (%j)', (error, stderr, message) => {
  expect(explain(['run', 'services', 'describe', 'jobs'], error, stderr)).toMatch(message)
})
