import type { parseArgs } from 'node:util'

/** The options of a command: each takes a value, or none. */
type Options = Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>

/** A part of a command line, as `parseArgs` without strictness tells it with `tokens`. */
type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]
type OptionToken = Extract<Token, { kind: 'option' }>

/**
 * What is wrong with a command line, one sentence each: arguments, unknown options, values that lack or are too many. `ofValue`
 * says what is wrong with the value of an option.
 */
export function optionProblems(
  options: Options,
  tokens: readonly Token[],
  ofValue: (name: string, value: string) => readonly string[] = () => [],
): string[] {
  return tokens.flatMap((token) => {
    if (token.kind === 'positional') return [`unexpected argument "${token.value}"`]
    if (token.kind === 'option-terminator') return []
    const { name, rawName, value } = token
    const problem = formProblem(options, token)
    if (problem !== null) return [problem]
    return value === undefined ? [] : ofValue(name, value).map((one) => `${rawName} ${one}`)
  })
}

function formProblem(options: Options, { name, rawName, value }: OptionToken): string | null {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) return `unknown option ${rawName}`
  if (option.type === 'boolean') return value === undefined ? null : `${rawName} takes no value`
  return value === undefined || value.trim() === '' ? `${rawName} needs a value` : null
}
