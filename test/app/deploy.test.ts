import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { buildUpload, UPLOAD } from '../../scripts/build/upload.ts'
import { main } from '../../scripts/deploy.ts'
import { startIssuer } from '../../scripts/dev/issuer.ts'
import { systemClock } from '../../scripts/system-clock.ts'
import {
  closeAll,
  FLAGS,
  IMPATIENT,
  imageMadeBy,
  opened,
  PLACE,
  played,
  playSound,
  setup,
  shortened,
  sound,
  WITHOUT_GCLOUD,
} from '../support/deployment.ts'
import { firestoreHost, WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { AUDIENCE, OPERATOR, startFunction } from '../support/function-process.ts'
import type { BringUp } from '../support/gcloud-stand-in.ts'

const BUILD = dirname(UPLOAD)
const UPLOADED =
  'run deploy tickover --source=build/upload --function=scheduler --base-image=nodejs24 --build-service-account=projects/p1/serviceAccounts/tickover-build@p1.iam.gserviceaccount.com --no-traffic'

afterEach(closeAll)

describe.skipIf(WITHOUT_GCLOUD)('a deployment', () => {
  test('tries the new revision before anybody uses it, gives it the traffic, and then the page the same image', async () => {
    const { cloud, deploy, text } = setup()
    expect(await deploy()).toBe(0)
    expect(shortened(cloud.changes())).toEqual([
      UPLOADED,
      'run services update-traffic tickover --update-tags=candidate=tickover-00002',
      'run services update-traffic tickover --remove-tags=candidate --to-latest',
      `run deploy tickover-page --image=${imageMadeBy('tickover-00002')} --base-image=nodejs24 --no-traffic`,
      'run services update-traffic tickover-page --update-tags=candidate=tickover-page-00002',
      'run services update-traffic tickover-page --remove-tags=candidate --to-latest',
    ])
    expect([cloud.serving('tickover'), cloud.serving('tickover-page')]).toEqual([
      'tickover-00002',
      'tickover-page-00002',
    ])
    expect(text()).toContain('refused by Cloud Run, before the function')
  })

  test('names the way back to what served, which the placeholder is not', async () => {
    const { deploy, text } = setup()
    await deploy(['--no-page'])
    expect(text()).not.toContain('The way back')
    await deploy(['--no-page'])
    expect(text()).toContain('--to-revisions=tickover-00002=100')
    expect(text()).toContain('npm run deploy -- --rollback makes it last')
  })

  test('prints first, word for word, every command that it runs', async () => {
    const { cloud, deploy, text } = setup()
    await deploy(['--no-page'])
    const [plan = ''] = text().split('\n\n')
    for (const args of cloud.changes())
      expect(plan).toContain(args.join(' ').replace('tickover-00002', 'CANDIDATE'))
  })

  test('in a dry run prints it and runs nothing, not even a question', async () => {
    const { cloud, deploy, text } = setup()
    expect(await deploy(['--dry-run'], { build: () => Promise.reject(new Error('built')) })).toBe(0)
    expect(cloud.calls).toEqual([])
    expect(text()).toContain('$ gcloud run deploy tickover ')
    expect(text()).toContain('Nothing was changed.')
  })

  test('leaves the page alone where that is asked', async () => {
    const { cloud, deploy } = setup()
    expect(await deploy(['--no-page'])).toBe(0)
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
    expect(await deploy()).toBe(1)
    expect(text()).toMatch(why)
    expect(cloud.serving('tickover')).toBe('tickover-00001')
    expect(shortened(cloud.changes()).slice(1)).toEqual([
      'run services update-traffic tickover --update-tags=candidate=tickover-00002',
      'run services update-traffic tickover --remove-tags=candidate',
    ])
    expect(text()).toContain('tickover-00001 still serves, which is Terraform’s placeholder')
    const logs = text()
      .split('\n')
      .findLast((line) => line.includes('$ gcloud run services logs read tickover'))
    expect(logs).toContain('tickover-00002')
  })

  test.each<[string, number, RegExp, string?]>([
    ['is guarded by nobody but itself', 401, /answered 401, and not by IAP/, 'application/problem+json'],
    ['is open to anybody', 200, /answered 200, and not by IAP.*terraform -chdir=infra apply/],
    ['has Cloud Run’s IAM before it, and no IAP', 403, /answered 403, and not by IAP.*npm run doctor/],
    ['does not answer', 503, /answered 503: /],
  ])('whose page %s leaves the page’s traffic where it was', async (_, status, why, type) => {
    const { cloud, deploy, text } = setup((service, name) =>
      service === 'tickover' ? playSound(service, name) : played(() => [status, {}, type]),
    )
    expect(await deploy()).toBe(1)
    expect(text()).toMatch(why)
    expect([cloud.serving('tickover'), cloud.serving('tickover-page')]).toEqual([
      'tickover-00002',
      'tickover-page-00001',
    ])
  })

  test.each([302, 401])('takes %i of the page for the answer of IAP', async (status) => {
    const { deploy } = setup((service, name) =>
      service === 'tickover' ? playSound(service, name) : played(() => [status, {}]),
    )
    expect(await deploy()).toBe(0)
  })

  test('leaves no name of a revision in the service, and the tags of others where they are', async () => {
    const { cloud, deploy } = setup()
    const mine = ['run', 'services', 'update-traffic', 'tickover', '--update-tags=mine=tickover-00001']
    await cloud.run(mine)
    expect(await deploy()).toBe(0)
    expect([cloud.template('tickover').name, cloud.template('tickover-page').name]).toEqual([
      undefined,
      undefined,
    ])
    expect(cloud.tags('tickover')).toEqual({ mine: 'tickover-00001' })
  })

  test('gives the traffic to whatever comes after it, too', async () => {
    const { cloud, deploy } = setup()
    await deploy(['--no-page'])
    await cloud.run(['run', 'services', 'update', 'tickover', '--update-env-vars=^@@^A=1'])
    expect(cloud.serving('tickover')).toBe('tickover-00003')
  })

  test('without a revision to come back to begins with nothing', async () => {
    const { cloud, deploy, text } = setup()
    const run: typeof cloud.run = async (args) => {
      const said = await cloud.run(args)
      return args.includes('services') && args.includes('describe')
        ? said.replace('"percent":100', '"percent":50')
        : said
    }
    expect(await deploy([], { run })).toBe(70)
    expect(text()).toContain('--to-revisions=REVISION=100')
    expect(cloud.changes()).toEqual([])
  })

  test('is tried on a stand-in that refuses what gcloud does not know', async () => {
    const { run, calls } = setup().cloud
    await expect(run(['run', 'deploy', 'tickover', '--no-trafic'])).rejects.toThrow('--no-trafic')
    await expect(run(['run', 'service', 'describe', 'tickover'])).rejects.toThrow('service')
    expect(calls).toEqual([])
  })

  test('of a service that is not there says that Terraform makes it', async () => {
    const { cloud, deploy, text } = setup()
    expect(await deploy(['--service', 'other'])).toBe(70)
    expect(text()).toContain('There is no service other in p1, europe-west1. Terraform makes it')
    expect(cloud.changes()).toEqual([])
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
      let api = ''
      const keys = { SCHEDULER_TOKEN_KEYS_URL: issuer.certs_url }
      const env = {
        ...FLAGS,
        ...keys,
        SCHEDULER_STORAGE: 'firestore',
        FIRESTORE_EMULATOR_HOST: await firestoreHost(),
      }
      const { cloud, deploy, text } = setup(async (service, K_REVISION) => {
        const more = { GOOGLE_CLOUD_PROJECT: `t-${randomUUID()}`, K_REVISION, SCHEDULER_SURFACE: 'both' }
        const one = opened(await startFunction({ ...env, ...more }, join(upload, 'index.js')))
        if (service === 'tickover') api = one.url
        // IAP stands before the page.
        return service === 'tickover' ? one.url : played(() => [302, {}])
      }, systemClock)
      const OPERATOR_TOKEN = await issuer.mint({ email: OPERATOR, audience: AUDIENCE })
      expect(await deploy([], {}, { OPERATOR_TOKEN }), text()).toBe(0)
      expect(text()).toContain('refused by the function itself')
      expect(text()).toContain('by tickover-00002 at stage 1')
      expect(cloud.serving('tickover-page')).toBe('tickover-page-00002')
      const page = await fetch(`${api}/admin`, {
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
    [[...PLACE, '--to', 'tickover-00001'], '--to goes with --rollback'],
    [[...PLACE, '--rollback', '--to', 'No 1'], '--to "No 1"'],
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
