import type { Clock } from '../functions/clock.ts'
import type { Env } from '../functions/config.ts'
import { TickoverError } from '../functions/errors.ts'
import { takeEnvFile } from './env-file.ts'
import { print } from './output.ts'
import { apply } from './setup/apply.ts'
import { type Command, readArguments } from './setup/arguments.ts'
import { desiredJobs } from './setup/desired.ts'
import { HELP } from './setup/help.ts'
import { isBlocked, isPending, plan, planPause, planVerb, type Step } from './setup/plan.ts'
import { failureLine, stepLines } from './setup/print.ts'
import { connectScheduler, type Scheduler } from './setup/scheduler.ts'
import { loadSettings } from './setup/settings.ts'
import type { Existing, Spec } from './setup/spec.ts'
import { systemClock } from './system-clock.ts'

const DONE = 0
const FAILED = 1
const WRONG_USAGE = 2
const PENDING = 3

/** Runs the setup; resolves to the exit code. `say` takes a line for people. */
export async function main(
  args: readonly string[],
  env: Env,
  clock: Clock,
  say: (line: string) => void,
): Promise<number> {
  const command = readArguments(args)
  if (command.verb === 'help') return told(say, [HELP], DONE)
  if (command.verb === 'wrong') return told(say, [...command.reasons, 'See --help.'], WRONG_USAGE)
  try {
    const settings = loadSettings(env)
    const desired = desiredJobs(settings)
    const scheduler = connectScheduler(settings, clock, say)
    say(`Cloud Scheduler in ${settings.project}, ${settings.location}${at(settings.scheduler_endpoint)}`)
    try {
      return await carryOut(command, desired, scheduler, say)
    } finally {
      await scheduler.close()
    }
  } catch (error) {
    if (error instanceof TickoverError && error.code === 'configuration') {
      return told(
        say,
        ['The configuration is not complete:', ...problemLines(error), 'See --help.'],
        WRONG_USAGE,
      )
    }
    return told(say, [`Failed: ${failureLine(error)}`], FAILED)
  }
}

async function carryOut(
  command: Command,
  desired: readonly Spec[],
  scheduler: Scheduler,
  say: (line: string) => void,
): Promise<number> {
  const steps = stepsFor(command, desired, await scheduler.list())
  if (command.dry_run) return foretold(steps, say)
  let failures = 0
  for (const step of steps) if (!(await done(step, scheduler, say))) failures += 1
  const verdict = failures === 0 ? 'Done.' : `${failures} of ${steps.length} failed; run this again to go on.`
  return told(say, [verdict], failures === 0 ? DONE : FAILED)
}

function foretold(steps: readonly Step[], say: (line: string) => void): number {
  steps.flatMap(stepLines).forEach(say)
  const pending = steps.filter(isPending).length
  if (steps.some(isBlocked))
    return told(say, ['Not everything can be done; nothing was changed (--dry-run).'], FAILED)
  if (pending > 0) return told(say, [`${pending} to change; nothing was changed (--dry-run).`], PENDING)
  return told(say, ['Nothing to change.'], DONE)
}

/** Does one step and says how it went; one failed job does not keep the others waiting. */
async function done(step: Step, scheduler: Scheduler, say: (line: string) => void): Promise<boolean> {
  stepLines(step).forEach(say)
  if (isBlocked(step)) return false
  try {
    await apply(step, scheduler)
    if (isPending(step)) say('  done')
    return true
  } catch (error) {
    say(`  failed: ${failureLine(error)}`)
    return false
  }
}

function stepsFor(command: Command, desired: readonly Spec[], existing: readonly Existing[]): Step[] {
  const { verb } = command
  if (verb === 'pause') return planPause(existing)
  if (verb === 'resume' || verb === 'run') return planVerb(verb, desired, existing)
  return plan(desired, existing, command)
}

function problemLines({ problems }: TickoverError): string[] {
  return problems.map(({ field, message }) => `  ${field} ${message}`)
}

function at(endpoint: string | null): string {
  return endpoint === null ? '' : ` (emulator at ${endpoint})`
}

function told(say: (line: string) => void, lines: readonly string[], code: number): number {
  lines.forEach(say)
  return code
}

if (import.meta.main) {
  takeEnvFile()
  process.exitCode = await main(process.argv.slice(2), process.env, systemClock, print)
}
