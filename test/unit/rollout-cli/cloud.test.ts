import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { loadConfig } from '../../../functions/config.ts'
import { readRevision, readService } from '../../../scripts/rollout/cloud/description.ts'
import { dictionary, explain, gcloud, shellLine } from '../../../scripts/rollout/cloud/gcloud.ts'
import { updateCommands } from '../../../scripts/rollout/cloud/update.ts'
import { cloudPlatform } from '../../../scripts/rollout/cloud.ts'
import { gcloudStandIn, SERVICE_URL } from '../../support/gcloud-stand-in.ts'
import { gcloudTree, problemsOf } from '../../support/gcloud-tree.ts'
import { FLAGS } from '../../support/memory-platform.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

const PLACE = { service: 'jobs', project: 'test-project', region: 'us-central1' }
const tree = gcloudTree()
const PINNED = ['run', 'services', 'update-traffic', 'jobs', '--to-revisions=jobs-00001=100']

async function open(
  env: Record<string, string>,
  page: Record<string, string> | null = null,
  file: string | null = null,
) {
  const services = { jobs: env, ...(page === null ? {} : { 'jobs-page': page }) }
  const cloud = gcloudStandIn({ tree, services })
  const shared = { place: PLACE, env: { OPERATOR_TOKEN: 'given' }, file, say: () => undefined }
  const platform = await cloudPlatform({ ...shared, clock: virtualClock(0), run: cloud.run })
  return { ...cloud, platform }
}

afterEach(() => {
  vi.unstubAllEnvs()
})

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
    const { platform, run } = await open(FIRESTORE)
    await run(PINNED)
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
    expect(await platform.revisions()).toContainEqual({ name: 'jobs-00001', serves: true })
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
    expect(changes()).toEqual([expect.arrayContaining(['--no-cpu-throttling', '--min=1'])])
    expect(changes().flat().join(' ')).not.toContain('--min-instances')
  })

  test('that is stopped has an instance for the in-process loop once it is started', async () => {
    const { platform, changes } = await open({ ...FIRESTORE, ROLLOUT_LEGACY_LOOP: 'on' })
    await platform.stop()
    await platform.deploy({ ROLLOUT_STAGE: '0' })
    expect(changes().at(-1)).toEqual(
      expect.arrayContaining(['--scaling=auto', '--no-cpu-throttling', '--min=1']),
    )
  })

  test('that the json storage stops has its instance for the loop again: gcloud’s stop takes the least away', () => {
    const flags = { ...FIRESTORE, SCHEDULER_STORAGE: 'json', ROLLOUT_LEGACY_LOOP: 'on' }
    const capacity = { cpu_always: true, min_instances: 1 }
    const now = {
      url: SERVICE_URL,
      serving: 'r',
      latest: 'r',
      created: 'r',
      stopped: false,
      max_instances: 1,
      capacity,
    }
    const serving = { name: 'r', image: 'i', flags, is_ready: true }
    const commands = updateCommands(PLACE, { ROLLOUT_STAGE: '0' }, { now, serving })
    expect(commands[0]).toContain('--scaling=0')
    expect(commands[1]).toEqual(expect.arrayContaining(['--scaling=auto', '--no-cpu-throttling', '--min=1']))
    expect(commands.flatMap((args) => (tree === null ? [] : problemsOf(tree, args)))).toEqual([])
  })

  test.each(['jobs', 'jobs-page'])(
    'of an image that was taken back (%s) keeps the one that serves',
    async (name) => {
      const { platform, run, image, template, flags } = await open(FIRESTORE, FIRESTORE)
      const at = ['--region=us-central1', '--project=test-project']
      await run(['run', 'services', 'update', name, ...at, '--image=x/good@sha256:1'])
      await run(['run', 'deploy', name, ...at, '--image=x/bad@sha256:2', '--no-traffic'])
      await platform.deploy({ ROLLOUT_STAGE: '2' })
      expect([image(name), template(name).image]).toEqual(['x/good@sha256:1', 'x/good@sha256:1'])
      expect(flags(name)).toMatchObject({ ROLLOUT_STAGE: '2' })
    },
  )

  test('has the page beside it follow: what it shows is what stands', async () => {
    const { platform, changes, flags } = await open(FIRESTORE, { ROLLOUT_STAGE: '3' })
    const wanted = { ROLLOUT_STAGE: '4', ROLLOUT_CANARY_JOBS: null }
    const shown = platform.commandsFor(wanted)
    await platform.deploy(wanted)
    expect(flags('jobs-page')).toEqual({ ROLLOUT_STAGE: '4' })
    expect(changes().map(shellLine)).toEqual(shown)
    await platform.deploy(wanted)
    expect(changes()).toHaveLength(2)
  })

  test('keeps no state in a file that goes with its instance: that is said before anything is stopped', async () => {
    const nowhere = await open(FIRESTORE)
    expect(nowhere.platform.copyProblem?.()).toMatch(/say --file PATH/)
    const { platform } = await open(FIRESTORE, null, '/mnt/state.json')
    expect(platform.copyProblem?.()).toMatch(/Mount a volume/)
    const mounted = { ...FIRESTORE, SCHEDULER_STORAGE_FILE: '/mnt/state.json' }
    const there = await open(mounted, null, '/mnt/state.json')
    expect(there.platform.copyProblem?.()).toBeNull()
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
  const text = JSON.stringify({ metadata: { name: 'r' }, spec: { containers: [{ image: 'i', env }] } })
  const seen = readRevision(text).flags
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

test('what a gcloud that ends well warned of is told, and how far it was is not', async () => {
  await using cleanup = new AsyncDisposableStack()
  const folder = cleanup.adopt(await mkdtemp(join(tmpdir(), 'gcloud-')), (path) =>
    rm(path, { recursive: true }),
  )
  const script = '#!/bin/sh\necho "Deploying..." >&2\necho "WARNING: the role is missing" >&2\necho "$@"\n'
  await writeFile(join(folder, 'gcloud'), script, { mode: 0o755 })
  vi.stubEnv('PATH', `${folder}:${process.env.PATH}`)
  const told: string[] = []
  expect(await gcloud(['run', 'deploy'], (line) => told.push(line))).toBe('run deploy --quiet\n')
  expect(told).toEqual(['WARNING: the role is missing'])
})
