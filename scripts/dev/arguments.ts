import { parseArgs } from 'node:util'

/** What `npm start` was asked to do. */
export type Command =
  | { readonly verb: 'start'; readonly port: number; readonly fresh: boolean; readonly firestore: boolean }
  | { readonly verb: 'help' }
  | { readonly verb: 'wrong'; readonly reasons: readonly string[] }

const OPTIONS = {
  fresh: { type: 'boolean' },
  firestore: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const
const DEFAULT_PORT = '8080'

/** Reads the arguments after the script's name, and the text of `PORT`. */
export function readArguments(args: readonly string[], portText: string | undefined): Command {
  const { values, tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, tokens: true })
  if (values.help === true) return { verb: 'help' }
  const port = readPort(portText?.trim() || DEFAULT_PORT)
  const reasons = [
    ...tokens.flatMap(reasonAgainst),
    ...(port === null ? ['PORT must be a whole number from 1 to 65535'] : []),
  ]
  if (port === null || reasons.length > 0) return { verb: 'wrong', reasons }
  return { verb: 'start', port, fresh: values.fresh === true, firestore: values.firestore === true }
}

function readPort(text: string): number | null {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : null
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]

function reasonAgainst(token: Token): string[] {
  if (token.kind === 'positional') return [`unexpected argument "${token.value}"`]
  if (token.kind === 'option-terminator') return []
  if (!Object.hasOwn(OPTIONS, token.name)) return [`unknown option ${token.rawName}`]
  return token.value === undefined ? [] : [`${token.rawName} takes no value`]
}
