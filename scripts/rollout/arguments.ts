import { parseArgs } from 'node:util'
import type { Env } from '../../functions/config.ts'
import { textOf } from '../../functions/config.ts'
import { NAME, nameProblem, PROJECT } from '../google-names.ts'
import type { Wish } from './flags.ts'
import type { StorageKind } from './platform.ts'

/** Where the service is. */
export type Where =
  | { readonly kind: 'local' }
  | { readonly kind: 'cloud'; readonly service: string; readonly project: string; readonly region: string }

/** How far a rollback goes. */
export type Manner = 'full' | 'partial' | 'throttle' | 'stage'

/** A command line that was understood. What does not belong to its verb is at its default. */
export interface Command {
  readonly verb: (typeof VERBS)[number]
  readonly where: Where
  /** The file of the json storage, for a copy made from this shell. */
  readonly file: string | null
  readonly to: number | null
  readonly json: boolean
  readonly apply: boolean
  readonly force: boolean
  readonly reason: string | null
  readonly qa_pass: string | null
  readonly manner: Manner
  readonly job: string | null
  readonly wish: Omit<Wish, 'to'>
}

/** What the command was asked to do. */
export type Asked =
  | Command
  | { readonly verb: 'help' }
  | { readonly verb: 'wrong'; readonly reasons: readonly string[] }

const VERBS = ['status', 'preflight', 'check', 'advance', 'rollback', 'report'] as const

type Verb = (typeof VERBS)[number]

const EVERY: readonly Verb[] = VERBS
const MOVES: readonly Verb[] = ['advance', 'rollback']

/** Every option, and the commands that it belongs to. */
const OPTIONS = {
  local: { type: 'boolean', of: EVERY },
  service: { type: 'string', of: EVERY },
  project: { type: 'string', of: EVERY },
  region: { type: 'string', of: EVERY },
  file: { type: 'string', of: MOVES },
  to: { type: 'string', of: ['check', ...MOVES] },
  json: { type: 'boolean', of: ['check', 'report'] },
  'qa-pass': { type: 'string', of: ['check', 'advance'] },
  apply: { type: 'boolean', of: MOVES },
  force: { type: 'boolean', of: ['advance'] },
  reason: { type: 'string', of: MOVES },
  'canary-percent': { type: 'string', of: ['advance'] },
  'canary-jobs': { type: 'string', of: ['advance'] },
  alternate: { type: 'boolean', of: ['advance'] },
  shadow: { type: 'boolean', of: ['advance'] },
  loop: { type: 'boolean', of: MOVES },
  'no-loop': { type: 'boolean', of: MOVES },
  storage: { type: 'string', of: MOVES },
  partial: { type: 'boolean', of: ['rollback'] },
  throttle: { type: 'boolean', of: ['rollback'] },
  job: { type: 'string', of: ['report'] },
  help: { type: 'boolean', short: 'h', of: EVERY },
} as const satisfies Record<
  string,
  { type: 'boolean' | 'string'; short?: string; of: readonly (typeof VERBS)[number][] }
>

type Name = keyof typeof OPTIONS

/** The options as given: a text, or true. */
type Given = { readonly [K in Name]?: string | boolean }

/** Reads the arguments after the script's name; `env` names the service where no option does. */
export function readArguments(args: readonly string[], env: Env): Asked {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    tokens: true,
    allowPositionals: true,
  })
  if (values.help === true) return { verb: 'help' }
  const [word, ...rest] = positionals
  const verb = VERBS.find((known) => known === word)
  if (verb === undefined)
    return wrong([word === undefined ? `name a command: ${VERBS.join(', ')}` : `unknown command "${word}"`])
  const given: Given = values
  const where = readWhere(given, env)
  const reasons = [
    ...rest.map((text) => `unexpected argument "${text}"`),
    ...tokens.flatMap((token) => (token.kind === 'option' ? reasonAgainst(token, verb) : [])),
    ...contradictions(given, verb),
    ...('reasons' in where ? where.reasons : []),
  ]
  if (reasons.length > 0 || 'reasons' in where) return wrong([...new Set(reasons)])
  return commandOf(verb, where, given)
}

function commandOf(verb: Verb, where: Where, given: Given): Command {
  return {
    verb,
    where,
    file: text(given.file),
    to: number(given.to),
    json: given.json === true,
    apply: given.apply === true,
    force: given.force === true,
    reason: text(given.reason),
    qa_pass: text(given['qa-pass']),
    manner: mannerOf(given),
    job: text(given.job),
    wish: {
      percent: number(given['canary-percent']),
      jobs: text(given['canary-jobs']),
      alternate: given.alternate === true,
      shadow: given.shadow === true,
      loop: given.loop === true ? true : given['no-loop'] === true ? false : null,
      storage: STORAGES.find((kind) => kind === given.storage) ?? null,
    },
  }
}

const MOST_REASON = 1_000
const STORAGES: readonly StorageKind[] = ['json', 'firestore']

function mannerOf({ partial, throttle, to }: Given): Manner {
  if (partial === true) return 'partial'
  if (throttle === true) return 'throttle'
  return to === undefined ? 'full' : 'stage'
}

/** The options that say where, and no others of a command. */
type Place = Pick<Given, 'local' | 'service' | 'project' | 'region'>

/** Where, or what is missing. Never a guess: a command that changes a service must not take the wrong one. */
export function readWhere(given: Place, env: Env): Where | { readonly reasons: readonly string[] } {
  const named = ['service', 'project', 'region'] as const
  if (given.local === true) {
    const extra = named.filter((name) => given[name] !== undefined)
    return extra.length === 0
      ? { kind: 'local' }
      : { reasons: extra.map((name) => `--${name} does not go with --local`) }
  }
  const service = text(given.service) ?? textOf(env, 'K_SERVICE')
  const project = text(given.project) ?? textOf(env, 'GOOGLE_CLOUD_PROJECT')
  const region = text(given.region) ?? textOf(env, 'SCHEDULER_LOCATION')
  if (service === null)
    return {
      reasons: ['say where: --local for the local stack, or --service NAME (K_SERVICE) for Cloud Run'],
    }
  if (project === null || region === null)
    return {
      reasons: [
        ...(project === null ? ['a Cloud Run service needs --project ID (GOOGLE_CLOUD_PROJECT)'] : []),
        ...(region === null ? ['a Cloud Run service needs --region REGION (SCHEDULER_LOCATION)'] : []),
      ],
    }
  const reasons = [
    ...nameProblem('--service', service, NAME),
    ...nameProblem('--project', project, PROJECT),
    ...nameProblem('--region', region, NAME),
  ]
  return reasons.length > 0 ? { reasons } : { kind: 'cloud', service, project, region }
}

type Token = { readonly name: string; readonly rawName: string; readonly value: string | undefined }

function reasonAgainst({ name, rawName, value }: Token, verb: Verb): string[] {
  if (!isName(name)) return [`unknown option ${rawName}`]
  const { type, of } = OPTIONS[name]
  if (!of.some((one) => one === verb)) return [`${rawName} does not go with ${verb}`]
  if (type === 'boolean') return value === undefined ? [] : [`${rawName} takes no value`]
  return value === undefined ? [`${rawName} needs a value`] : valueProblem(name, rawName, value)
}

function valueProblem(name: Name, rawName: string, value: string): string[] {
  if (name === 'to' && !/^[0-5]$/.test(value)) return [`${rawName} must be a stage from 0 to 5`]
  if (name === 'canary-percent' && !/^(\d\d?|100)$/.test(value))
    return [`${rawName} must be a whole number from 0 to 100`]
  if (name === 'storage' && !STORAGES.some((kind) => kind === value))
    return [`${rawName} must be json or firestore`]
  if (name === 'reason' && value.length > MOST_REASON)
    return [`${rawName} must be at most ${MOST_REASON} characters`]
  return value.trim() === '' && name !== 'canary-jobs' ? [`${rawName} needs a value`] : []
}

function contradictions(given: Given, verb: Verb): string[] {
  const both = (a: Name, b: Name) =>
    given[a] !== undefined && given[b] !== undefined ? [`--${a} does not go with --${b}`] : []
  return [
    ...(verb !== 'rollback' && given.to === '0' ? ['no gate leads to stage 0'] : []),
    ...both('loop', 'no-loop'),
    ...both('partial', 'throttle'),
    ...both('partial', 'to'),
    ...both('throttle', 'to'),
    ...both('throttle', 'loop'),
    ...both('partial', 'loop'),
    ...both('alternate', 'canary-percent'),
    ...both('alternate', 'canary-jobs'),
    ...(given.force === true && given.reason === undefined
      ? ['--force needs --reason TEXT, which the audit keeps']
      : []),
    ...(verb === 'rollback' && given.storage !== undefined && given.partial !== true
      ? ['--storage goes with rollback --partial']
      : []),
  ]
}

function isName(name: string): name is Name {
  return Object.hasOwn(OPTIONS, name)
}

function wrong(reasons: readonly string[]): Asked {
  return { verb: 'wrong', reasons }
}

function text(value: string | boolean | undefined): string | null {
  return typeof value === 'string' ? value.trim() : null
}

function number(value: string | boolean | undefined): number | null {
  return typeof value === 'string' ? Number(value) : null
}
