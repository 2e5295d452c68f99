import { expect, test } from 'vitest'
import { readArguments } from '../../../scripts/dev/arguments.ts'

test.each([
  ['--frsh', '8080', ['unknown option --frsh']],
  ['--toString', '8080', ['unknown option --toString']],
  ['now', '8080', ['unexpected argument "now"']],
  ['--fresh=yes', 'x', ['--fresh takes no value', 'PORT must be a whole number from 1 to 65535']],
])('npm start -- %s with PORT=%s starts nothing', (argument, port, reasons) => {
  expect(readArguments([argument], port)).toEqual({ verb: 'wrong', reasons })
})

test('the port of the environment is taken, and 8080 where it names none', () => {
  expect(readArguments(['--fresh'], '9000')).toMatchObject({ verb: 'start', port: 9000, fresh: true })
  expect(readArguments([], ' ')).toMatchObject({ verb: 'start', port: 8080, firestore: false })
})
