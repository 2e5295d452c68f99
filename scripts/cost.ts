import type { Clock } from '../functions/clock.ts'
import type { Env } from '../functions/config.ts'
import { TickoverError } from '../functions/errors.ts'
import { jobs as coded } from '../functions/jobs/index.ts'
import { adviceFor, countOf } from './cost/advice.ts'
import { type Command, readArguments } from './cost/arguments.ts'
import { codedJobs } from './cost/coded.ts'
import { HELP } from './cost/help.ts'
import type { JobSet, Terms } from './cost/job-set.ts'
import { alertsFor } from './cost/monitoring.ts'
import { PRICES_OF } from './cost/prices.ts'
import { budgetsOf, costLines } from './cost/print.ts'
import { servedJobs } from './cost/served.ts'
import { SYSTEMS } from './cost/systems.ts'
import { termsOf } from './cost/terms.ts'
import { takeEnvFile } from './env-file.ts'
import { print, printAside } from './output.ts'
import { reasonOf } from './rollout/failure.ts'
import { type OpenPlatform, openPlatform } from './rollout/open.ts'
import { systemClock } from './system-clock.ts'

const WITHIN = 0
const OVER = 1
const WRONG_USAGE = 2
const FAILED = 70

/** What a caller may choose: where progress goes while the answer is JSON, and how a place is opened. */
export interface Choices {
  readonly aside?: (line: string) => void
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
  if (command.verb === 'help') return told(say, [HELP], WITHIN)
  if (command.verb === 'wrong') return told(say, [...command.reasons, 'See --help.'], WRONG_USAGE)
  const aside = choices.aside ?? (() => undefined)
  const progress = command.json ? aside : say
  try {
    const counted = await jobsFor(command, { env, clock, say: progress, open: choices.open ?? openPlatform })
    return report(command, counted, say)
  } catch (error) {
    const isWrong = error instanceof TickoverError && error.code === 'configuration'
    return told(progress, [`Failed: ${reasonOf(error)}`], isWrong ? WRONG_USAGE : FAILED)
  }
}

interface Counted {
  readonly jobs: JobSet
  readonly terms: Terms
  readonly own: string | null
}

interface Hands {
  readonly env: Env
  readonly clock: Clock
  readonly say: (line: string) => void
  readonly open: OpenPlatform
}

async function jobsFor({ source, effects }: Command, hands: Hands): Promise<Counted> {
  switch (source.kind) {
    case 'code': {
      const terms = termsOf(hands.env, null)
      return { jobs: codedJobs(coded, terms, effects), terms, own: null }
    }
    case 'system': {
      const system = SYSTEMS[source.system]
      if (system === undefined) throw new Error(`There is no system ${source.system}.`)
      return { jobs: system.jobs, terms: { ...termsOf({}, null), ...system.terms }, own: system.own }
    }
    case 'service': {
      const { env, clock, say, open } = hands
      const platform = await open({ where: source.where, file: null }, env, clock, say)
      const terms = termsOf(await platform.flags(), (await platform.capacity?.()) ?? null)
      say(`Reading the jobs of ${platform.name}`)
      return { jobs: await servedJobs({ platform, coded, effects }), terms, own: null }
    }
  }
}

function report(command: Command, { jobs, terms, own }: Counted, say: (line: string) => void): number {
  const { lanes, cadence } = command.change
  const now = { ...terms, month: command.month, one_offs: command.one_offs }
  const before = countOf(jobs, now)
  const changed = { ...now, lanes: lanes ?? now.lanes, cadence: cadence ?? now.cadence }
  const after = lanes === null && cadence === null ? null : countOf(jobs, changed)
  const last = after ?? before
  const advice = adviceFor(jobs, last)
  const budgets = budgetsOf(last)
  if (command.json) {
    const bills = { before: before.bill, after: after?.bill ?? null }
    const of = { jobs: jobs.name, month: command.month.name, prices: PRICES_OF }
    const beside = { alerts: alertsFor(command.month) }
    say(JSON.stringify({ ...of, ...bills, beside, budgets, own, assumed: jobs.assumed, advice }, null, 2))
  } else costLines({ jobs, before, after, own, advice }).forEach(say)
  return budgets.every(({ kept }) => kept) ? WITHIN : OVER
}

function told(say: (line: string) => void, lines: readonly string[], code: number): number {
  lines.forEach(say)
  return code
}

if (import.meta.main) {
  takeEnvFile()
  process.exitCode = await main(process.argv.slice(2), process.env, systemClock, print, { aside: printAside })
}
