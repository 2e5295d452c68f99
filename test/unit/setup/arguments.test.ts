import { expect, test } from 'vitest'
import { readArguments } from '../../../scripts/setup/arguments.ts'

test.each<[string, object]>([
  ['', { verb: 'setup', paused: false, remove: false, dry_run: false }],
  ['--dry-run --paused --delete', { verb: 'setup', paused: true, remove: true, dry_run: true }],
  ['--pause', { verb: 'pause', dry_run: false }],
  ['--resume --dry-run', { verb: 'resume', dry_run: true }],
  ['--run', { verb: 'run' }],
  ['-h', { verb: 'help' }],
  ['--help --nonsense', { verb: 'help' }],
])('"%s" is understood', (line, command) => {
  expect(readArguments(line.split(' ').filter(Boolean))).toMatchObject(command)
})

test.each<[string, string[]]>([
  ['--nonsense', ['unknown option --nonsense']],
  ['--paused=no', ['--paused takes no value']],
  ['high', ['unexpected argument "high"']],
  ['--pause --resume', ['only one of --pause, --resume at a time']],
  ['--run --delete', ['--delete does not go with --run']],
  [
    '-x --pause --paused low',
    ['unknown option -x', 'unexpected argument "low"', '--paused does not go with --pause'],
  ],
])('"%s" is refused with every reason', (line, reasons) => {
  expect(readArguments(line.split(' '))).toEqual({ verb: 'wrong', reasons })
})
