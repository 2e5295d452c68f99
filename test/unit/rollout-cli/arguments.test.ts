import { expect, test } from 'vitest'
import { readArguments } from '../../../scripts/rollout/arguments.ts'

const read = (line: string, env = {}) => readArguments(line.split(' ').filter(Boolean), env)

test.each<[string, object]>([
  ['status --local', { verb: 'status', where: { kind: 'local' } }],
  ['check --local --to 4 --json', { verb: 'check', to: 4, json: true }],
  ['advance --local', { verb: 'advance', to: null, apply: false, force: false }],
  [
    'advance --local --to 3 --canary-percent 0 --canary-jobs a,b --apply',
    { to: 3, apply: true, wish: { percent: 0, jobs: 'a,b', alternate: false } },
  ],
  ['advance --local --canary-jobs=', { wish: { jobs: '' } }],
  ['advance --local --no-loop --storage firestore', { wish: { loop: false, storage: 'firestore' } }],
  ['rollback --local', { manner: 'full', apply: false, wish: { loop: null } }],
  ['rollback --local --to 3 --loop', { manner: 'stage', to: 3, wish: { loop: true } }],
  ['rollback --local --partial --storage json', { manner: 'partial', wish: { storage: 'json' } }],
  ['rollback --local --throttle --apply', { manner: 'throttle', apply: true }],
  ['report --local --job digest', { verb: 'report', job: 'digest' }],
  ['--help --nonsense', { verb: 'help' }],
])('"%s" is understood', (line, command) => {
  expect(read(line)).toMatchObject(command)
})

test.each<[string, string[]]>([
  ['', ['name a command: status, preflight, check, advance, rollback, report']],
  ['undo --local', ['unknown command "undo"']],
  ['status --local now', ['unexpected argument "now"']],
  ['status --local --to 3', ['--to does not go with status']],
  ['check --local --to 6', ['--to must be a stage from 0 to 5']],
  ['check --local --to 0', ['no gate leads to stage 0']],
  ['advance --local --apply=yes', ['--apply takes no value']],
  ['advance --local --force', ['--force needs --reason TEXT, which the audit keeps']],
  ['advance --local --canary-percent 101', ['--canary-percent must be a whole number from 0 to 100']],
  ['advance --local --alternate --canary-percent 5', ['--alternate does not go with --canary-percent']],
  ['rollback --local --partial --throttle', ['--partial does not go with --throttle']],
  ['rollback --local --partial --to 3', ['--partial does not go with --to']],
  ['rollback --local --storage json', ['--storage goes with rollback --partial']],
  ['advance --local --storage disk', ['--storage must be json or firestore']],
  ['check --local --qa-pass', ['--qa-pass needs a value']],
  ['status --local --service x', ['--service does not go with --local']],
  ['status --local --toString', ['unknown option --toString']],
])('"%s" is refused with every reason', (line, reasons) => {
  expect(read(line)).toEqual({ verb: 'wrong', reasons })
})

test('it is never guessed which service is meant: both ways to say it are told', () => {
  expect(read('status')).toEqual({
    verb: 'wrong',
    reasons: ['say where: --local for the local stack, or --service NAME (K_SERVICE) for Cloud Run'],
  })
})

test('a Cloud Run service has a project and a region, from options before the environment', () => {
  const env = { K_SERVICE: 'jobs', GOOGLE_CLOUD_PROJECT: 'one', SCHEDULER_LOCATION: 'us-central1' }
  expect(read('status --project two', env)).toMatchObject({
    where: { kind: 'cloud', service: 'jobs', project: 'two', region: 'us-central1' },
  })
  expect(read('status --service jobs')).toMatchObject({
    verb: 'wrong',
    reasons: [expect.stringContaining('--project'), expect.stringContaining('--region')],
  })
})
