import type { Clock } from '../functions/clock.ts'
import type { Env } from '../functions/config.ts'
import { type Command, readArguments } from './doctor/arguments.ts'
import { diagnose } from './doctor/diagnose.ts'
import { HELP } from './doctor/help.ts'
import { lookAtAll } from './doctor/look.ts'
import { report, type Summary, summaryOf } from './doctor/print.ts'
import { takeEnvFile } from './env-file.ts'
import { print, printAside } from './output.ts'
import { type Gcloud, gcloud } from './rollout/cloud/gcloud.ts'
import { reasonOf } from './rollout/failure.ts'
import { type OpenPlatform, openPlatform } from './rollout/open.ts'
import { systemClock } from './system-clock.ts'

const WELL = 0
const BAD = 1
const UNKNOWN = 2
const WRONG_USAGE = 64
const FAILED = 70

/** Any of Firestore's addresses tells its time to everybody. */
const STORE_URL = 'https://firestore.googleapis.com/'

/** What a caller may choose: where progress goes while the answer is JSON, colours, and what the place is reached with. */
export interface Choices {
  readonly aside?: (line: string) => void
  readonly tty?: boolean
  readonly open?: OpenPlatform
  readonly gcloud?: Gcloud
  readonly store_url?: string
}

/** Looks, and says what it saw; resolves to the exit code. `say` takes a line for people, or the one JSON document. */
export async function main(
  args: readonly string[],
  env: Env,
  clock: Clock,
  say: (line: string) => void,
  choices: Choices = {},
): Promise<number> {
  const command = readArguments(args, env)
  if (command.verb === 'help') return told(say, [HELP], WELL)
  if (command.verb === 'wrong') return told(say, [...command.reasons, 'See --help.'], WRONG_USAGE)
  const aside = choices.aside ?? (() => undefined)
  const progress = command.json ? aside : say
  try {
    return await examine(command, env, clock, { say, progress, choices })
  } catch (error) {
    return told(progress, [`Failed: ${reasonOf(error)}`], FAILED)
  }
}

async function examine(
  command: Command,
  env: Env,
  clock: Clock,
  {
    say,
    progress,
    choices,
  }: { say: (line: string) => void; progress: (line: string) => void; choices: Choices },
): Promise<number> {
  const { open = openPlatform, store_url = STORE_URL, tty = false } = choices
  const platform = await open({ ...command, file: null }, env, clock, progress)
  progress(`Looking at ${platform.name}, each look for a minute at most.`)
  const looking = { platform, gcloud: choices.gcloud ?? gcloud, clock, say: progress, store_url }
  const facts = await lookAtAll(command, looking)
  const lines = diagnose(facts)
  const summary = summaryOf(lines)
  const looked_at = new Date(facts.looked_at).toISOString()
  if (command.json) say(JSON.stringify({ platform: facts.name, looked_at, summary, lines }, null, 2))
  else ['', ...report(lines, { tty })].forEach(say)
  return exitOf(summary)
}

function exitOf({ bad, unknown }: Summary): number {
  if (bad > 0) return BAD
  return unknown > 0 ? UNKNOWN : WELL
}

function told(say: (line: string) => void, lines: readonly string[], code: number): number {
  lines.forEach(say)
  return code
}

if (import.meta.main) {
  takeEnvFile()
  const code = await main(process.argv.slice(2), process.env, systemClock, print, {
    aside: printAside,
    tty: process.stdout.isTTY,
  })
  // A look that was given up may still be under way; nobody waits for it.
  process.exit(code)
}
