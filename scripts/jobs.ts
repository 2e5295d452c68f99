import { existsSync } from 'node:fs'
import type { Clock } from '../functions/clock.ts'
import { type Config, type Env, loadConfig, textOf } from '../functions/config.ts'
import { TickoverError } from '../functions/errors.ts'
import { takeEnvFile } from './env-file.ts'
import { type Command, readArguments } from './jobs/arguments.ts'
import { copy, type Ending } from './jobs/copy.ts'
import { lookAtJson, type Opened, openFirestore, openJson } from './jobs/open.ts'
import { print } from './output.ts'
import type { StorageKind } from './rollout/platform.ts'
import { systemClock } from './system-clock.ts'

const HELP = `Moves jobs, their open runs and effects, and the last 24 hours' records from one storage to the other.

  npm run jobs -- copy --from json --to firestore [--file PATH] [--dry-run] [--with-running]
  npm run jobs -- copy --from firestore --to json [--file PATH] [--dry-run] [--with-running]

  --file PATH     the file of the json storage (else SCHEDULER_STORAGE_FILE)
  --dry-run       say what would be copied, copy nothing
  --with-running  copy also while attempts are under way; their entries run out in the other storage

Stop the service first. The file cannot be copied while a process uses it; nobody can say that of Firestore, so there it is
refused while an attempt is under way. Run it again after it was cut off: it goes on. What has moved on in the target
is never overwritten. Past runs, ticks and the audit stay where they are.

Flags (environment): SCHEDULER_STORAGE_FILE, GOOGLE_CLOUD_PROJECT, FIRESTORE_EMULATOR_HOST for an emulator.

Exit codes: 0 copied, or nothing to copy; 1 refused or failed; 2 wrong usage or configuration; 3 --dry-run found
something to copy.
`

const CODES: Readonly<Record<Ending, number>> = { copied: 0, equal: 0, pending: 3 }
const FAILED = 1
const WRONG_USAGE = 2

const ENDINGS: Readonly<Record<Ending, string>> = {
  copied: 'Copied, and both sides compared.',
  equal: 'Nothing to copy: both sides are equal.',
  pending: 'Nothing was copied (--dry-run).',
}

/** Runs the command; resolves to the exit code. `say` takes a line for people. */
export async function main(
  args: readonly string[],
  env: Env,
  clock: Clock,
  say: (line: string) => void,
): Promise<number> {
  const command = readArguments(args)
  if (command.verb === 'help') return told(say, HELP, 0)
  if (command.verb === 'wrong') return told(say, `${command.reasons.join('\n')}\nSee --help.`, WRONG_USAGE)
  try {
    const ending = await carryOut(command, loadConfig(env), { env, clock, say })
    return told(say, ENDINGS[ending], CODES[ending])
  } catch (error) {
    const isWrong = error instanceof TickoverError && error.code === 'configuration'
    return told(say, error instanceof Error ? error.message : String(error), isWrong ? WRONG_USAGE : FAILED)
  }
}

interface Place {
  readonly env: Env
  readonly clock: Clock
  readonly say: (line: string) => void
}

async function carryOut(
  command: Extract<Command, { verb: 'copy' }>,
  config: Config,
  place: Place,
): Promise<Ending> {
  const { from, to, dry_run } = command
  const file = command.file ?? config.storage_file
  if (from === 'json' && !existsSync(file))
    throw new Error(`There is no file ${file}. Name it with --file, or by SCHEDULER_STORAGE_FILE.`)
  const { env, clock, say } = place
  const open: Record<StorageKind, () => Promise<Opened> | Opened> = {
    json: () => (dry_run ? lookAtJson : openJson)(file, clock, say),
    firestore: () => openFirestore(config.project, textOf(env, 'FIRESTORE_EMULATOR_HOST'), clock),
  }
  await using source = await open[from]()
  await using target = await open[to]()
  return await copy({ ...command, source, target, say })
}

function told(say: (line: string) => void, text: string, code: number): number {
  say(text)
  return code
}

if (import.meta.main) {
  takeEnvFile()
  process.exitCode = await main(process.argv.slice(2), process.env, systemClock, print)
}
