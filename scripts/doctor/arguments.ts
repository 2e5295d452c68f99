import { parseArgs } from 'node:util'
import type { Env } from '../../functions/config.ts'
import { optionProblems } from '../options.ts'
import { readWhere, type Where } from '../rollout/arguments.ts'

/** A command line that was understood. */
export interface Command {
  readonly verb: 'look'
  readonly where: Where
  readonly json: boolean
  /** The service of the page; null: as Terraform names it, after the service. */
  readonly page_service: string | null
  /** Where the Cloud Scheduler job is that watches from outside; null: it was not said. */
  readonly watch_region: string | null
}

/** What the doctor was asked to do. */
export type Asked =
  | Command
  | { readonly verb: 'help' }
  | { readonly verb: 'wrong'; readonly reasons: readonly string[] }

const OPTIONS = {
  local: { type: 'boolean' },
  service: { type: 'string' },
  project: { type: 'string' },
  region: { type: 'string' },
  'page-service': { type: 'string' },
  'watch-region': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Only Cloud Run has these. */
const OF_THE_CLOUD = ['page-service', 'watch-region'] as const

/** Reads the arguments after the script's name; `env` names the service where no option does. */
export function readArguments(args: readonly string[], env: Env): Asked {
  const { values, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  if (values.help === true) return { verb: 'help' }
  const where = readWhere(values, env)
  const reasons = [
    ...optionProblems(OPTIONS, tokens),
    ...OF_THE_CLOUD.flatMap((name) =>
      values.local === true && values[name] !== undefined ? [`--${name} does not go with --local`] : [],
    ),
    ...('reasons' in where ? where.reasons : []),
  ]
  if (reasons.length > 0 || 'reasons' in where) return { verb: 'wrong', reasons: [...new Set(reasons)] }
  return {
    verb: 'look',
    where,
    json: values.json === true,
    page_service: text(values['page-service']),
    watch_region: text(values['watch-region']),
  }
}

function text(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value : null
}
