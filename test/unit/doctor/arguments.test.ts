import { expect, test } from 'vitest'
import { readArguments } from '../../../scripts/doctor/arguments.ts'
import { main } from '../../../scripts/doctor.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

const read = (line: string, env = {}) => readArguments(line.split(' ').filter(Boolean), env)
const closed = () => Promise.reject(new Error('No local stack runs here.'))
const cloud = { kind: 'cloud', service: 'tick', project: 'acme-qa', region: 'us-west1' }

test.each<[string, object, object]>([
  [
    '--local',
    {},
    { verb: 'look', where: { kind: 'local' }, json: false, page_service: null, watch_region: null },
  ],
  ['--service tick --project acme-qa --region us-west1 --json', {}, { where: cloud, json: true }],
  [
    '--watch-region=w --page-service b',
    { K_SERVICE: 'tick', GOOGLE_CLOUD_PROJECT: 'acme-qa', SCHEDULER_LOCATION: 'us-west1' },
    { where: cloud, page_service: 'b', watch_region: 'w' },
  ],
  ['-h --nonsense', {}, { verb: 'help' }],
])('"%s" is understood', (line, env, command) => {
  expect(read(line, env)).toMatchObject(command)
})

test.each<[string, string[]]>([
  ['', ['say where: --local for the local stack, or --service NAME (K_SERVICE) for Cloud Run']],
  [
    '--service tick',
    [
      'a Cloud Run service needs --project ID (GOOGLE_CLOUD_PROJECT)',
      'a Cloud Run service needs --region REGION (SCHEDULER_LOCATION)',
    ],
  ],
  ['--local now --jsn', ['unexpected argument "now"', 'unknown option --jsn']],
  ['--local --project p', ['--project does not go with --local']],
  ['--local --page-service b', ['--page-service does not go with --local']],
  ['--local --json=yes', ['--json takes no value']],
  ['--service tick --project acme-qa --region us-west1 --watch-region=', ['--watch-region needs a value']],
])('"%s" is refused with every reason', (line, reasons) => {
  expect(read(line)).toEqual({ verb: 'wrong', reasons })
})

async function run(...args: readonly string[]) {
  const said: string[] = []
  const code = await main(args, {}, virtualClock(0), (line) => said.push(line), { open: closed })
  return { code, text: said.join('\n') }
}

test('help is told with an example, wrong usage with where to find it, and a place that cannot be opened with why', async () => {
  expect(await run('--help')).toEqual({
    code: 0,
    text: expect.stringContaining('Example: npm run doctor -- --local'),
  })
  expect(await run('--bad')).toEqual({
    code: 64,
    text: expect.stringMatching(/^unknown option --bad\nsay where: .*\nSee --help\.$/),
  })
  expect(await run('--local')).toEqual({ code: 70, text: 'Failed: No local stack runs here.' })
})
