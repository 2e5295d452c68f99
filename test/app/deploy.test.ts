import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../functions/clock.ts'
import { buildUpload, UPLOAD } from '../../scripts/build/upload.ts'
import { type Choices, main } from '../../scripts/deploy.ts'
import { startIssuer } from '../../scripts/dev/issuer.ts'
import { systemClock } from '../../scripts/system-clock.ts'
import { firestoreHost, WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { AUDIENCE, type FunctionProcess, OPERATOR, startFunction } from '../support/function-process.ts'
import { type BringUp, gcloudStandIn } from '../support/gcloud-stand-in.ts'
import { gcloudTree } from '../support/gcloud-tree.ts'

const tree = gcloudTree()
const FLAGS = { ROLLOUT_STAGE: '1', SCHEDULER_OIDC_AUDIENCE: AUDIENCE, SCHEDULER_LANES: 'high:dwell,low' }
const BUILD = dirname(UPLOAD)
const PLACE = ['--project', 'p1', '--region', 'europe-west1']
/** Nobody waits here between two tries. */
const IMPATIENT = { now: () => 0, sleep: () => Promise.resolve() }
const open: (FunctionProcess | Server)[] = []

afterEach(async () => {
  for (const one of open.splice(0)) {
    if ('kill' in one) await one.kill()
    else await new Promise((resolve) => one.close(resolve))
  }
})

/** Status and body. */
type Answer = [number, unknown]

/** Answers each path as a service would that has these flaws. */
async function played(
  answer: (path: string, isSigned: boolean) => Answer | Promise<Answer>,
): Promise<string> {
  const server = createServer((request, response) => {
    const isSigned = request.headers.authorization !== undefined
    void Promise.resolve(answer(request.url ?? '', isSigned)).then(([status, body]) => {
      const headers = { 'content-type': 'application/json', connection: 'close' }
      response.writeHead(status, headers).end(JSON.stringify(body))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(server)
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** The answers of a sound one. */
function sound(revision: string, path: string, isSigned: boolean): Answer {
  if (path === '/health') return [200, { status: 'ok' }]
  if (path === '/admin') return [302, {}]
  return isSigned ? [200, { metrics: { revision, stage: 1 } }] : [403, {}]
}

const playSound: BringUp = (_, revision) => played((path, isSigned) => sound(revision, path, isSigned))

function setup(bringUp: BringUp = playSound, clock: Clock = IMPATIENT) {
  const services = { tickover: FLAGS, 'tickover-page': FLAGS }
  const cloud = gcloudStandIn({ tree: tree!, services, bringUp })
  const said: string[] = []
  const deploy = (args: readonly string[], choices: Choices = {}, env: Record<string, string> = {}) =>
    main(args, { OPERATOR_TOKEN: 'given', ...env }, clock, (line) => said.push(line), {
      run: cloud.run,
      build: () => Promise.resolve(),
      ...choices,
    })
  return { cloud, deploy, text: () => said.join('\n') }
}

const deployments = (changes: readonly string[][]) =>
  changes.map((args) => args.filter((arg) => !/^--(region|project)=/.test(arg)).join(' '))

describe.skipIf(tree === null)('a deployment', () => {
  test('tries the new revision before anybody uses it, gives it the traffic, and then the page the same image', async () => {
    const { cloud, deploy, text } = setup()
    expect(await deploy(PLACE)).toBe(0)
    expect(deployments(cloud.changes())).toEqual([
      'run deploy tickover --source=build/upload --function=scheduler --base-image=nodejs24 --build-service-account=projects/p1/serviceAccounts/tickover-build@p1.iam.gserviceaccount.com --no-traffic --tag=candidate',
      'run services update-traffic tickover --to-latest --remove-tags=candidate',
      'beta run deploy tickover-page --image=europe-west1-docker.pkg.dev/p/run/tickover@sha256:tickover-00002 --base-image=nodejs24 --iap --no-traffic --tag=candidate',
      'run services update-traffic tickover-page --to-latest --remove-tags=candidate',
    ])
    expect([cloud.serving('tickover'), cloud.serving('tickover-page')]).toEqual([
      'tickover-00002',
      'tickover-page-00002',
    ])
    expect(text()).toContain('--to-revisions=tickover-00001=100')
    expect(text()).toContain('refused by Cloud Run, before the function')
  })

  test('prints first, word for word, every command that it runs', async () => {
    const { cloud, deploy, text } = setup()
    await deploy([...PLACE, '--no-page'])
    const [plan = ''] = text().split('\n\n')
    for (const args of cloud.changes()) expect(plan).toContain(args.join(' '))
  })

  test('in a dry run prints it and runs nothing, not even a question', async () => {
    const { cloud, deploy, text } = setup()
    expect(await deploy([...PLACE, '--dry-run'], { build: () => Promise.reject(new Error('built')) })).toBe(0)
    expect(cloud.calls).toEqual([])
    expect(text()).toContain('$ gcloud run deploy tickover ')
    expect(text()).toContain('Nothing was changed.')
  })

  test('leaves the page alone where that is asked', async () => {
    const { cloud, deploy } = setup()
    expect(await deploy([...PLACE, '--no-page'])).toBe(0)
    expect(cloud.serving('tickover-page')).toBe('tickover-page-00001')
  })

  test.each<[string, BringUp, RegExp]>([
    [
      'answers a tick without a token',
      () => played(() => [200, {}]),
      /answered 200, not 401 or 403: anybody could tick/,
    ],
    [
      'is not well',
      (_, name) =>
        played((path, signed) => (path === '/health' ? [503, { code: 'store' }] : sound(name, path, signed))),
      /GET \/health was answered 503: .*store/,
    ],
    [
      'is not who answers',
      () => played((path, signed) => sound('tickover-00001', path, signed)),
      /made by revision tickover-00001, not by tickover-00002/,
    ],
    [
      'is at another stage than its flags say',
      (_, revision) =>
        played((path, signed) =>
          path === '/cron/tick' && signed
            ? [200, { metrics: { revision, stage: 4 } }]
            : sound(revision, path, signed),
        ),
      /made at stage 4, but the flags say 1/,
    ],
    [
      'does not take the operator',
      (_, name) =>
        played((path, signed) => (path === '/cron/tick' && signed ? [403, {}] : sound(name, path, signed))),
      /signed POST \/cron\/tick was answered 403: .* roles\/run.invoker/,
    ],
    [
      'answers with something else than a report',
      (_, name) =>
        played((path, signed) =>
          path === '/cron/tick' && signed ? [200, 'hello'] : sound(name, path, signed),
        ),
      /no report of a tick/,
    ],
    ['is not there', () => Promise.resolve('http://127.0.0.1:1'), /GET \/health was answered 0: no answer/],
  ])('whose revision %s leaves the traffic where it was, and says how to look', async (_, bringUp, why) => {
    const { cloud, deploy, text } = setup(bringUp)
    expect(await deploy(PLACE)).toBe(1)
    expect(text()).toMatch(why)
    expect(cloud.serving('tickover')).toBe('tickover-00001')
    expect(deployments(cloud.changes())).toHaveLength(1)
    const logs = text()
      .split('\n')
      .findLast((line) => line.includes('$ gcloud run services logs read tickover'))
    expect(logs).toContain('tickover-00002')
  })

  test('whose revision does not start fails with what gcloud says, and moves nothing', async () => {
    const { cloud, deploy, text } = setup(() => Promise.reject(new Error('exit code 1')))
    expect(await deploy(PLACE)).toBe(70)
    expect(text()).toContain('is not ready and cannot serve traffic')
    expect(cloud.serving('tickover')).toBe('tickover-00001')
  })

  test('whose page is open to anybody leaves the page’s traffic where it was', async () => {
    const { cloud, deploy, text } = setup((service, name) =>
      service === 'tickover' ? playSound(service, name) : played(() => [200, {}]),
    )
    expect(await deploy(PLACE)).toBe(1)
    expect(text()).toContain('GET /admin without credentials was answered 200')
    expect([cloud.serving('tickover'), cloud.serving('tickover-page')]).toEqual([
      'tickover-00002',
      'tickover-page-00001',
    ])
  })

  test.each([
    [
      'moved the traffic',
      ['run', 'services', 'update-traffic', 'tickover', '--to-revisions=tickover-00001=100'],
      'the traffic was moved meanwhile, from tickover-00002 to tickover-00001',
    ],
    [
      'made a revision',
      ['run', 'deploy', 'tickover', '--image=x', '--no-traffic'],
      'another revision was made meanwhile: tickover-00004',
    ],
  ])('stops where somebody %s in between', async (_, meddling, why) => {
    const { cloud, deploy, text } = setup((_, name) =>
      played(async (path, signed) => {
        if (path === '/cron/tick' && signed && name === 'tickover-00003') await cloud.run(meddling)
        return sound(name, path, signed)
      }),
    )
    await deploy([...PLACE, '--no-page'])
    expect(await deploy([...PLACE, '--no-page'])).toBe(1)
    expect(text()).toContain(why)
    expect(cloud.serving('tickover')).not.toBe('tickover-00003')
  })

  test('is tried on a stand-in that refuses what gcloud does not know', async () => {
    const { run, calls } = setup().cloud
    await expect(run(['run', 'deploy', 'tickover', '--no-trafic'])).rejects.toThrow('--no-trafic')
    await expect(run(['run', 'service', 'describe', 'tickover'])).rejects.toThrow('service')
    expect(calls).toEqual([])
  })

  test('of a service that is not there says that Terraform makes it', async () => {
    const { cloud, deploy, text } = setup()
    expect(await deploy([...PLACE, '--service', 'other'])).toBe(70)
    expect(text()).toContain('There is no service other in p1, europe-west1. Terraform makes it')
    expect(cloud.changes()).toEqual([])
  })

  test('is taken back by one command, to the version before and never to the placeholder', async () => {
    const { cloud, deploy, text } = setup()
    await deploy(PLACE)
    expect(await deploy([...PLACE, '--rollback'])).toBe(1)
    expect(text()).toContain('tickover has no version before tickover-00002')
    await deploy(PLACE)
    expect(await deploy([...PLACE, '--rollback'])).toBe(0)
    expect([cloud.serving('tickover'), cloud.serving('tickover-page')]).toEqual([
      'tickover-00002',
      'tickover-page-00002',
    ])
    expect(await deploy(PLACE)).toBe(0)
    expect(cloud.serving('tickover')).toBe('tickover-00004')
  })

  test.skipIf(WITHOUT_FIRESTORE)(
    'of the upload itself starts, refuses a stranger, ticks, and serves its page',
    async () => {
      await using cleanup = new AsyncDisposableStack()
      await mkdir(BUILD, { recursive: true })
      const upload = cleanup.adopt(await mkdtemp(join(BUILD, 'upload-')), (path) =>
        rm(path, { recursive: true }),
      )
      await buildUpload(upload)
      const issuer = cleanup.adopt(await startIssuer({ clock: systemClock }), (one) => one.close())
      const keys = { SCHEDULER_TOKEN_KEYS_URL: issuer.certs_url }
      const env = {
        ...FLAGS,
        ...keys,
        SCHEDULER_STORAGE: 'firestore',
        FIRESTORE_EMULATOR_HOST: await firestoreHost(),
      }
      const { cloud, deploy, text } = setup(async (_, K_REVISION) => {
        const more = { GOOGLE_CLOUD_PROJECT: `t-${randomUUID()}`, K_REVISION, SCHEDULER_SURFACE: 'both' }
        const one = await startFunction({ ...env, ...more }, join(upload, 'index.js'))
        open.push(one)
        return one.url
      }, systemClock)
      const OPERATOR_TOKEN = await issuer.mint({ email: OPERATOR, audience: AUDIENCE })
      expect(await deploy(PLACE, {}, { OPERATOR_TOKEN }), text()).toBe(0)
      expect(text()).toContain('refused by the function itself')
      expect(text()).toContain('by tickover-00002 at stage 1')
      expect(cloud.serving('tickover-page')).toBe('tickover-page-00002')
      const [served] = open.filter((one) => 'url' in one)
      const page = await fetch(`${served?.url}/admin`, {
        headers: { authorization: `Bearer ${OPERATOR_TOKEN}` },
      })
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('main.js')])
    },
  )
})

describe('a command line for a deployment', () => {
  test.each([
    [[], '--project'],
    [['--project', 'p1'], '--region'],
    [[...PLACE, '--dryrun'], '--dryrun'],
    [[...PLACE, 'now'], 'now'],
    [[...PLACE, '--dry-run=yes'], '--dry-run takes no value'],
    [[...PLACE, '--service'], '--service needs a value'],
    [[...PLACE, '--service', 'Tick_Over'], 'Tick_Over'],
    [['--project', '-x', '--region', 'r1'], '--project'],
    [[...PLACE, '--service', 'tickover-page'], 'two services'],
    [[...PLACE, '--no-page', '--page-service', 'p2'], '--no-page'],
  ])('that is wrong is refused with what is wrong: %j', async (args, what) => {
    const said: string[] = []
    expect(await main(args, {}, IMPATIENT, (line) => said.push(line))).toBe(64)
    expect(said.join('\n')).toContain(what)
  })

  test('takes project and region from the environment, too', async () => {
    const said: string[] = []
    const env = { GOOGLE_CLOUD_PROJECT: 'p1', SCHEDULER_LOCATION: 'r1' }
    expect(await main(['--dry-run'], env, IMPATIENT, (line) => said.push(line))).toBe(0)
    expect(said.join('\n')).toContain('--region=r1 --project=p1')
  })
})
