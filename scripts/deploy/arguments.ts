import { parseArgs } from 'node:util'
import { type Env, textOf } from '../../functions/config.ts'

/** A command line that was understood. */
export interface Command {
  readonly verb: 'deploy' | 'rollback'
  readonly project: string
  readonly region: string
  readonly service: string
  /** null: the page's service is left as it is. */
  readonly page_service: string | null
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
  help: { ...FLAG, short: 'h' },
} as const

/** As Cloud Run names services, Google Cloud its projects and regions: none can be taken for an option. */
const NAME = /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/
const PROJECT = /^([a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{0,61}[a-z0-9]$/

/** Reads the arguments after the script's name; `env` names project and region where no option does. */
export function readArguments(args: readonly string[], env: Env): Asked {
  const { values, tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true })
  if (values.help === true) return { verb: 'help' }
  const project = text(values.project) ?? textOf(env, 'GOOGLE_CLOUD_PROJECT')
  const region = text(values.region) ?? textOf(env, 'SCHEDULER_LOCATION')
  const service = text(values.service) ?? 'tickover'
  const page = text(values['page-service']) ?? 'tickover-page'
  const reasons = [
    ...tokens.flatMap(reasonsAgainst),
    ...nameProblem('--project', 'ID (GOOGLE_CLOUD_PROJECT)', project, PROJECT),
    ...nameProblem('--region', 'REGION (SCHEDULER_LOCATION)', region, NAME),
    ...nameProblem('--service', 'NAME', service, NAME),
    ...nameProblem('--page-service', 'NAME', page, NAME),
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
    dry_run: values['dry-run'] === true,
  }
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]

function reasonsAgainst(token: Token): string[] {
  if (token.kind === 'positional') return [`unexpected argument "${token.value}"`]
  if (token.kind === 'option-terminator') return []
  const option = Object.entries(OPTIONS).find(([name]) => name === token.name)?.[1]
  if (option === undefined) return [`unknown option ${token.rawName}`]
  if (option.type === 'boolean') return token.value === undefined ? [] : [`${token.rawName} takes no value`]
  return token.value === undefined ? [`${token.rawName} needs a value`] : []
}

function nameProblem(option: string, what: string, value: string | null, form: RegExp): string[] {
  if (value === null) return [`say ${option} ${what}`]
  return form.test(value) ? [] : [`${option} "${value}" is no name that Google Cloud gives`]
}

function text(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value.trim() : null
}
