import { parseArgs } from 'node:util'
import { type Env, textOf } from '../../functions/config.ts'
import { NAME, nameProblem, PROJECT } from '../google-names.ts'
import { optionProblems } from '../options.ts'

/** A command line that was understood. */
export interface Command {
  readonly verb: 'deploy' | 'rollback'
  readonly project: string
  readonly region: string
  readonly service: string
  /** null: the page's service is left as it is. */
  readonly page_service: string | null
  /** Of a rollback: the revision whose image is wanted; null: that of the version before. */
  readonly to: string | null
  readonly dry_run: boolean
}

/** What the command was asked to do. */
export type Asked =
  | Command
  | { readonly verb: 'help' }
  | { readonly verb: 'wrong'; readonly reasons: readonly string[] }

const TEXT = { type: 'string' } as const
const FLAG = { type: 'boolean' } as const
const OPTIONS = {
  project: TEXT,
  region: TEXT,
  service: TEXT,
  'page-service': TEXT,
  'no-page': FLAG,
  'dry-run': FLAG,
  rollback: FLAG,
  to: TEXT,
  help: { ...FLAG, short: 'h' },
} as const

/** Reads the arguments after the script's name; `env` names project and region where no option does. */
export function readArguments(args: readonly string[], env: Env): Asked {
  const { values, tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true })
  if (values.help === true) return { verb: 'help' }
  const project = text(values.project) ?? textOf(env, 'GOOGLE_CLOUD_PROJECT')
  const region = text(values.region) ?? textOf(env, 'SCHEDULER_LOCATION')
  const service = text(values.service) ?? 'tickover'
  const page = text(values['page-service']) ?? 'tickover-page'
  const to = text(values.to)
  const reasons = [
    ...optionProblems(OPTIONS, tokens),
    ...nameProblem('--project', project, PROJECT, 'ID (GOOGLE_CLOUD_PROJECT)'),
    ...nameProblem('--region', region, NAME, 'REGION (SCHEDULER_LOCATION)'),
    ...nameProblem('--service', service, NAME),
    ...nameProblem('--page-service', page, NAME),
    ...(to === null ? [] : nameProblem('--to', to, NAME)),
    ...(to !== null && values.rollback !== true ? ['--to goes with --rollback'] : []),
    ...(service === page ? ['--service and --page-service are two services'] : []),
    ...(values['no-page'] === true && values['page-service'] !== undefined
      ? ['--no-page does not go with --page-service']
      : []),
  ]
  if (reasons.length > 0 || project === null || region === null) return { verb: 'wrong', reasons }
  return {
    verb: values.rollback === true ? 'rollback' : 'deploy',
    project,
    region,
    service,
    page_service: values['no-page'] === true ? null : page,
    to,
    dry_run: values['dry-run'] === true,
  }
}

function text(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value.trim() : null
}
