import type { Clock } from '../functions/clock.ts'
import type { Env } from '../functions/config.ts'
import { TickoverError } from '../functions/errors.ts'
import { takeEnvFile } from './env-file.ts'
import { print, printAside } from './output.ts'
import { type Command, readArguments } from './rollout/arguments.ts'
import { COMMANDS } from './rollout/commands.ts'
import { reasonOf } from './rollout/failure.ts'
import { HELP } from './rollout/help.ts'
import { type OpenPlatform, openPlatform } from './rollout/open.ts'
import { connectService } from './rollout/service.ts'
import { systemClock } from './system-clock.ts'

const DONE = 0
const WRONG_USAGE = 64
const FAILED = 70

/** What a caller may choose: where progress goes while the answer is JSON, whether colours may be used, how a place is opened. */
export interface Choices {
  readonly aside?: (line: string) => void
  readonly tty?: boolean
  readonly open?: OpenPlatform
}

/** Runs the command; resolves to the exit code. `say` takes a line for people, or the one JSON document. */
export async function main(
  args: readonly string[],
  env: Env,
  clock: Clock,
  say: (line: string) => void,
  choices: Choices = {},
): Promise<number> {
  const command = readArguments(args, env)
  if (command.verb === 'help') return told(say, [HELP], DONE)
  if (command.verb === 'wrong') return told(say, [...command.reasons, 'See --help.'], WRONG_USAGE)
  const aside = choices.aside ?? (() => undefined)
  const progress = command.json ? aside : say
  try {
    const { open = openPlatform } = choices
    const platform = await open(command, env, clock, progress)
    const service = connectService(platform, clock, progress)
    const hands = { platform, service, clock, say: progress }
    return await COMMANDS[command.verb](command, hands, { answer: say, tty: choices.tty ?? false })
  } catch (error) {
    return told(command.json ? aside : say, failureLines(error, command), FAILED)
  }
}

function failureLines(error: unknown, { verb, apply }: Command): string[] {
  const problems =
    error instanceof TickoverError ? error.problems.map(({ field, message }) => `  ${field} ${message}`) : []
  return [
    `Failed: ${reasonOf(error)}`,
    ...problems,
    ...(verb === 'rollback' && apply ? ['Run it again: it goes on where it stopped.'] : []),
    ...(verb === 'advance' && apply
      ? [
          'See where it stands: status. At the new stage, advance --to that stage does what is left;',
          'if the service is down now, rollback --to the stage that stands brings it up as it was.',
        ]
      : []),
  ]
}

function told(say: (line: string) => void, lines: readonly string[], code: number): number {
  lines.forEach(say)
  return code
}

if (import.meta.main) {
  takeEnvFile()
  process.exitCode = await main(process.argv.slice(2), process.env, systemClock, print, {
    aside: printAside,
    tty: process.stdout.isTTY,
  })
}
