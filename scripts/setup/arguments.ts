import { parseArgs } from 'node:util'

/** What the setup was asked to do. */
export interface Command {
  readonly verb: 'setup' | 'pause' | 'resume' | 'run' | 'help'
  readonly paused: boolean
  readonly remove: boolean
  readonly dry_run: boolean
}

/** A command line that cannot be understood, with every reason. */
export interface WrongUsage {
  readonly verb: 'wrong'
  readonly reasons: readonly string[]
}

const FLAG = { type: 'boolean', default: false } as const
const OPTIONS = {
  'dry-run': FLAG,
  paused: FLAG,
  delete: FLAG,
  pause: FLAG,
  resume: FLAG,
  run: FLAG,
  help: { ...FLAG, short: 'h' },
} as const
const VERBS = ['pause', 'resume', 'run'] as const

/** Reads the arguments after the script's name. */
export function readArguments(args: readonly string[]): Command | WrongUsage {
  const { values, tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true })
  const verbs = VERBS.filter((verb) => values[verb] === true)
  const reasons = [...tokens.flatMap((token) => reasonAgainst(token)), ...contradictions(values, verbs)]
  if (values.help === true) return { verb: 'help', paused: false, remove: false, dry_run: false }
  if (reasons.length > 0) return { verb: 'wrong', reasons }
  return {
    verb: verbs[0] ?? 'setup',
    paused: values.paused === true,
    remove: values.delete === true,
    dry_run: values['dry-run'] === true,
  }
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]

function reasonAgainst(token: Token): string[] {
  if (token.kind === 'positional') return [`unexpected argument "${token.value}"`]
  if (token.kind === 'option-terminator') return []
  if (!(token.name in OPTIONS)) return [`unknown option ${token.rawName}`]
  return token.value === undefined ? [] : [`${token.rawName} takes no value`]
}

function contradictions(values: Record<string, unknown>, verbs: readonly string[]): string[] {
  const modifiers = ['paused', 'delete'].filter((name) => values[name] === true)
  return [
    ...(verbs.length > 1 ? [`only one of ${verbs.map((verb) => `--${verb}`).join(', ')} at a time`] : []),
    ...(verbs.length > 0 ? modifiers.map((name) => `--${name} does not go with --${verbs[0]}`) : []),
  ]
}
