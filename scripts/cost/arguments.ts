import { parseArgs } from 'node:util'
import { type Lane, laneList } from '../../functions/config/lanes.ts'
import type { Env } from '../../functions/config.ts'
import { cronProblems } from '../../functions/schedule/cron.ts'
import { optionProblems } from '../options.ts'
import { readWhere, type Where } from '../rollout/arguments.ts'
import { MONTHS, type Month } from './job-set.ts'
import { SYSTEMS } from './systems.ts'

/** Whose jobs are counted: those of the code here, of a running service, or of one of the five systems. */
export type Source =
  | { readonly kind: 'code' }
  | { readonly kind: 'service'; readonly where: Where }
  | { readonly kind: 'system'; readonly system: string }

/** A command line that was understood. What was not said is null, or at its default. */
export interface Command {
  readonly verb: 'count'
  readonly source: Source
  /** For an after next to the before. */
  readonly change: { readonly lanes: readonly Lane[] | null; readonly cadence: string | null }
  readonly month: Month
  readonly effects: number
  readonly one_offs: number
  readonly json: boolean
}

/** What the command was asked to do. */
export type Asked =
  | Command
  | { readonly verb: 'help' }
  | { readonly verb: 'wrong'; readonly reasons: readonly string[] }

const OPTIONS = {
  local: { type: 'boolean' },
  service: { type: 'string' },
  project: { type: 'string' },
  region: { type: 'string' },
  system: { type: 'string' },
  lanes: { type: 'string' },
  cadence: { type: 'string' },
  month: { type: 'string' },
  effects: { type: 'string' },
  'one-offs': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

type Given = { readonly [K in keyof typeof OPTIONS]?: string | boolean }

/** Reads the arguments after the script's name; a place that no option names is not looked for. */
export function readArguments(args: readonly string[], env: Env): Asked {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  if (values.help === true) return { verb: 'help' }
  const given: Given = values
  const source = sourceOf(given, env)
  const reasons = [
    ...optionProblems(OPTIONS, tokens, valueProblems),
    ...('reasons' in source ? source.reasons : []),
  ]
  if (reasons.length > 0 || 'reasons' in source) return { verb: 'wrong', reasons: [...new Set(reasons)] }
  const lanes = text(given.lanes)
  return {
    verb: 'count',
    source,
    change: { lanes: lanes === null ? null : laneList.parse(lanes), cadence: text(given.cadence) },
    month: given.month === '30' ? MONTHS[30] : MONTHS[31],
    effects: Number(text(given.effects) ?? 1),
    one_offs: Number(text(given['one-offs']) ?? 0),
    json: given.json === true,
  }
}

function sourceOf(given: Given, env: Env): Source | { readonly reasons: readonly string[] } {
  const named = given.local === true || given.service !== undefined
  const system = text(given.system)
  if (system !== null && named) return { reasons: ['--system does not go with --local or --service'] }
  if (system !== null) return { kind: 'system', system }
  if (named) {
    const where = readWhere(given, env)
    return 'reasons' in where ? where : { kind: 'service', where }
  }
  const stray = (['project', 'region'] as const).filter((name) => given[name] !== undefined)
  return stray.length === 0
    ? { kind: 'code' }
    : { reasons: stray.map((name) => `--${name} goes with --service NAME`) }
}

function valueProblems(name: string, value: string): readonly string[] {
  switch (name) {
    case 'system':
      return Object.hasOwn(SYSTEMS, value) ? [] : [`must be one of ${Object.keys(SYSTEMS).join(', ')}`]
    case 'lanes':
      return (laneList.safeParse(value).error?.issues ?? []).map(({ message }) => message)
    case 'cadence':
      return cronProblems(value).map((problem) => `must be a cron expression of five fields: ${problem}`)
    case 'month':
      return value === '30' || value === '31' ? [] : ['must be 30 or 31 (days)']
    case 'effects':
    case 'one-offs':
      return /^\d{1,6}$/.test(value) ? [] : ['must be a whole number from 0 to 999999']
    default:
      return []
  }
}

function text(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value.trim() : null
}
