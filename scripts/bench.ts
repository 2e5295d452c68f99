import { parseArgs } from 'node:util'
import type { Bench, Measured } from './bench/bar.ts'
import { calls } from './bench/calls.ts'
import { drain } from './bench/drain.ts'
import { embedded } from './bench/embedded.ts'
import { oldLoop } from './bench/old-loop.ts'
import { race } from './bench/race.ts'
import { start } from './bench/start.ts'
import { startFirestoreEmulator } from './dev/firestore-emulator.ts'
import { print } from './output.ts'

/** In the order in which they run and stand in the table. */
const BENCHES: readonly ((host: string) => Bench)[] = [calls, drain, race, oldLoop, start, () => embedded]
const NAMES = BENCHES.map((bench) => bench(''))

const HELP = `Measures Tickover against its bars, on the official Firestore emulator and on the JSON file, and judges.

  npm run bench                    all of it, some minutes on a quiet machine
  npm run bench -- --only NAME     one part of it:

${NAMES.map(({ name, shows }) => `    ${name.padEnd(10)} ${shows}`).join('\n')}

Example: npm run bench -- --only drain
Exit: 0 every bar is met, 1 one is not, 2 wrong use.
`

/** Runs the benches asked for; resolves to the exit code. */
async function main(args: readonly string[], say: (line: string) => void): Promise<number> {
  const wanted = readArguments(args)
  if (typeof wanted === 'string') {
    say(wanted)
    return wanted === HELP ? 0 : 2
  }
  // No Google client may look for a metadata server: there is none, and it would wait for it.
  process.env.METADATA_SERVER_DETECTION = 'none'
  const emulator = await startFirestoreEmulator()
  try {
    const measured: Measured[] = []
    for (const bench of BENCHES.map((make) => make(emulator.host)).filter(({ name }) =>
      wanted.includes(name),
    ))
      measured.push(...(await bench.run((line) => say(`  ${line}`))))
    say(table(measured))
    return measured.every(({ passed }) => passed) ? 0 : 1
  } finally {
    await emulator.stop()
  }
}

/** The names of the benches to run, or what to tell instead. */
function readArguments(args: readonly string[]): readonly string[] | string {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, only: { type: 'string' } } as const
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) return HELP
    const names = NAMES.map(({ name }) => name)
    if (values.only === undefined) return names
    return names.includes(values.only) ? [values.only] : `There is no bench "${values.only}".\n\n${HELP}`
  } catch (error) {
    return `${error instanceof Error ? error.message : 'Wrong use.'}\n\n${HELP}`
  }
}

function table(measured: readonly Measured[]): string {
  const rows = measured.map(({ what, required, measured, passed }) => [
    what,
    required,
    measured,
    passed ? 'pass' : 'FAIL',
  ])
  const all = [['what', 'required', 'measured', 'verdict'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return `\n${all.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')}\n`
}

if (import.meta.main)
  // The issuer of its tokens would keep the process.
  process.exit(await main(process.argv.slice(2), print))
