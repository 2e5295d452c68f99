import { afterEach, describe, expect, test } from 'vitest'
import { shellLine } from '../../scripts/rollout/cloud/gcloud.ts'
import { cloudPlatform } from '../../scripts/rollout/cloud.ts'
import {
  closeAll,
  IMPATIENT,
  imageMadeBy,
  played,
  playSound,
  playUnsound,
  setup,
  shortened,
  sound,
  WITHOUT_GCLOUD,
} from '../support/deployment.ts'

const [V1, V2, V3] = ['tickover-00002', 'tickover-00003', 'tickover-00004'].map(imageMadeBy)
const FLAG = { SCHEDULER_CADENCE: '*/10 * * * *' }
const ALONE = '--no-page'
const AT = ['--region=europe-west1', '--project=p1']

afterEach(closeAll)

/** The version that serves, and the one from which the next change of a flag would make a revision. */
const versions = ({ cloud }: ReturnType<typeof setup>, name = 'tickover') => [
  cloud.image(name),
  cloud.template(name).image,
]

/** What a rollout does. */
async function flag({ cloud }: ReturnType<typeof setup>): Promise<void> {
  const place = { service: 'tickover', project: 'p1', region: 'europe-west1' }
  const shared = { place, env: {}, file: null, clock: IMPATIENT, say: () => undefined }
  await (await cloudPlatform({ ...shared, run: cloud.run })).deploy(FLAG)
}

describe.skipIf(WITHOUT_GCLOUD)('a version that is refused', () => {
  test('comes with no later change of a flag: the service is made from the one that serves again', async () => {
    const one = setup(playUnsound('tickover-00003'))
    await one.deploy([ALONE])
    expect(await one.deploy([ALONE])).toBe(1)
    expect(versions(one)).toEqual([V1, V1])
    expect(one.cloud.tags('tickover')).toEqual({})
    expect(shortened(one.cloud.changes()).slice(-2)).toEqual([
      `run deploy tickover --image=${V1} --base-image=nodejs24 --no-traffic`,
      'run services update-traffic tickover --remove-tags=candidate --to-latest',
    ])
    expect(one.text()).toContain(
      'tickover is made from the image of tickover-00002 again: tickover-00004 serves it.',
    )
    await flag(one)
    expect(one.cloud.flags('tickover')).toMatchObject(FLAG)
    expect(versions(one)).toEqual([V1, V1])
  })

  test('on the page only leaves the page at its version', async () => {
    const one = setup((service, name) =>
      name === 'tickover-page-00003' ? played(() => [403, {}]) : playSound(service, name),
    )
    await one.deploy()
    expect(await one.deploy()).toBe(1)
    expect([versions(one), versions(one, 'tickover-page')]).toEqual([
      [V2, V2],
      [V1, V1],
    ])
  })

  test('because it does not start is taken out of the service, too', async () => {
    const one = setup((service, name) =>
      name === 'tickover-00003' ? Promise.reject(new Error('exit code 1')) : playSound(service, name),
    )
    await one.deploy([ALONE])
    expect(await one.deploy([ALONE])).toBe(1)
    expect(one.text()).toContain('is not ready and cannot serve traffic')
    expect(one.text()).toContain('Stopped: tickover-00003 did not come up')
    expect(versions(one)).toEqual([V1, V1])
  })

  test('because it could not be tried is taken out of the service, too', async () => {
    const one = setup()
    await one.deploy([ALONE])
    const run: typeof one.cloud.run = (args) =>
      args.some((arg) => arg.startsWith('--update-tags'))
        ? Promise.reject(new Error('no permission'))
        : one.cloud.run(args)
    expect(await one.deploy([ALONE], { run })).toBe(1)
    expect(one.text()).toContain('Stopped: no permission')
    expect(versions(one)).toEqual([V1, V1])
  })

  test('and cannot be taken out leaves the commands that do it, and the next flag all the same without it', async () => {
    const one = setup((service, name) => {
      if (name === 'tickover-00004') return Promise.reject(new Error('quota'))
      return playUnsound('tickover-00003')(service, name)
    })
    await one.deploy([ALONE])
    expect(await one.deploy([ALONE])).toBe(1)
    const commands = one.text().split('\n').slice(-4, -2)
    expect(one.text()).toMatch(/could not be made from the image of tickover-00002 again: .*quota/)
    expect(commands[0]).toContain(`--image=${V1}`)
    expect(commands[1]).toContain('--to-latest')
    expect(one.cloud.serving('tickover')).toBe('tickover-00002')
    await flag(one)
    expect(versions(one)).toEqual([V1, V1])
  })

  test.each([
    [
      'moved the traffic',
      ['run', 'services', 'update-traffic', 'tickover', ...AT, '--to-revisions=tickover-00001=100'],
      'The traffic was moved meanwhile, from tickover-00002 to tickover-00001',
    ],
    [
      'made a revision',
      ['run', 'deploy', 'tickover', ...AT, '--image=x', '--no-traffic'],
      'Another revision was made meanwhile, tickover-00004',
    ],
  ])('because somebody %s is left as it is, sound or not', async (_, meddling, why) => {
    for (const isSound of [true, false]) {
      const one = setup((service, name) =>
        name !== 'tickover-00003'
          ? playSound(service, name)
          : played(async (path, signed) => {
              if (path === '/cron/tick' && signed) await one.cloud.run(meddling)
              return path === '/cron/tick' && !isSound && signed ? [403, {}] : sound(name, path, signed)
            }),
      )
      await one.deploy([ALONE])
      expect(await one.deploy([ALONE])).toBe(1)
      expect(one.text()).toContain(why)
      expect(one.text()).toContain(isSound ? 'tickover-00003 is sound' : 'answered 403')
      expect(one.cloud.changes().at(-1)).toEqual(meddling)
    }
  })
})

describe.skipIf(WITHOUT_GCLOUD)('a rollback', () => {
  test('releases the version before with today’s flags after the same trial, on both services', async () => {
    const one = setup()
    await one.deploy()
    await one.deploy()
    await flag(one)
    expect(await one.deploy(['--rollback'])).toBe(0)
    expect([versions(one), versions(one, 'tickover-page')]).toEqual([
      [V1, V1],
      [V1, V1],
    ])
    expect(one.cloud.flags('tickover')).toMatchObject(FLAG)
    expect(one.text()).toContain('Back to the version of tickover-00002.')
    await flag(one)
    expect(versions(one)).toEqual([V1, V1])
  })

  test('goes past revisions of the same version, and past one that did not come up', async () => {
    const one = setup((service, name) =>
      name === 'tickover-00003' ? Promise.reject(new Error('exit code 1')) : playSound(service, name),
    )
    await one.deploy([ALONE])
    const absent = ['run', 'deploy', 'tickover', ...AT, '--image=x', '--no-traffic']
    await expect(one.cloud.run(absent)).rejects.toThrow('is not ready')
    await one.deploy([ALONE])
    await flag(one)
    expect(one.cloud.image('tickover')).toBe(V3)
    expect(await one.deploy([ALONE, '--rollback'])).toBe(0)
    expect(versions(one)).toEqual([V1, V1])
  })

  test('makes it last where the traffic was taken back by hand', async () => {
    const one = setup()
    for (const _ of [V1, V2, V3]) await one.deploy([ALONE])
    await one.cloud.run([
      'run',
      'services',
      'update-traffic',
      'tickover',
      ...AT,
      '--to-revisions=tickover-00003=100',
    ])
    expect(versions(one)).toEqual([V2, V3])
    expect(await one.deploy([ALONE, '--rollback'])).toBe(0)
    expect(versions(one)).toEqual([V2, V2])
  })

  test('goes to the version that is named', async () => {
    const one = setup()
    for (const _ of [V1, V2, V3]) await one.deploy([ALONE])
    expect(await one.deploy([ALONE, '--rollback', '--to', 'tickover-00002'])).toBe(0)
    expect(versions(one)).toEqual([V1, V1])
    expect(await one.deploy([ALONE, '--rollback', '--to', 'tickover-00099'])).toBe(70)
    expect(one.text()).toContain('Cannot find revision [tickover-00099]')
  })

  test('to a version that is unsound by now is refused like any other', async () => {
    const one = setup(playUnsound('tickover-00004'))
    await one.deploy([ALONE])
    await one.deploy([ALONE])
    expect(await one.deploy([ALONE, '--rollback'])).toBe(1)
    expect(versions(one)).toEqual([V2, V2])
  })

  test('never goes to the placeholder', async () => {
    const one = setup()
    expect(await one.deploy(['--rollback'])).toBe(70)
    await one.deploy([ALONE])
    expect(await one.deploy([ALONE, '--rollback'])).toBe(70)
    expect(one.text()).toContain('tickover has no version before tickover-00002')
    expect(versions(one)).toEqual([V1, V1])
  })

  test.each([[[]], [['--to', 'tickover-00002']]])(
    'prints first every command that it runs (%j)',
    async (to) => {
      const one = setup()
      await one.deploy([ALONE])
      await one.deploy([ALONE])
      const before = [one.cloud.calls.length, one.text().length] as const
      expect(await one.deploy([ALONE, '--rollback', ...to])).toBe(0)
      const [plan = ''] = one.text().slice(before[1]).split('\n\n')
      const names: readonly (readonly [string, string])[] = [
        ['tickover-00004', 'CANDIDATE'],
        ['tickover-00003', 'SERVING'],
        [V1 ?? '', 'IMAGE_OF_THAT_VERSION'],
      ]
      for (const args of one.cloud.calls.slice(before[0]))
        expect(plan).toContain(names.reduce((line, [from, as]) => line.replace(from, as), shellLine(args)))
    },
  )
})
