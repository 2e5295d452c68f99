/** One log entry as Cloud Logging keeps a line that Cloud Run wrote. */
export interface Entry {
  /** Milliseconds since 1970. */
  readonly time: number
  readonly severity: string
  readonly resource: { readonly type: string; readonly labels: Readonly<Record<string, string>> }
  readonly jsonPayload: Readonly<Record<string, unknown>>
}

type Test = (entry: Entry) => boolean
type Value = string | number | boolean

/** What a path may begin with; Cloud Logging would answer anything else with an error or, worse, with nothing. */
const ROOTS = /^(jsonPayload(\.\w+)+|resource\.type|resource\.labels\.\w+|severity)$/
const TOKEN =
  /\s*(?:([()])|(!=|>=|<=|=|<|>)|("(?:[^"\\]|\\["\\])*")|(-?\d+(?:\.\d+)?)(?![\w.])|([A-Za-z_][\w.]*))/y

/**
 * Reads a filter of Cloud Logging's query language, as far as ours use it: comparisons of a path with a text, a number or
 * a boolean, AND, OR, NOT and parentheses. As there, NOT binds closest, then OR, then AND, and a comparison of a
 * field that is missing or null is false, whatever the comparison. Throws at anything else.
 */
export function parseFilter(filter: string): Test {
  const tokens = tokensOf(filter)
  let at = 0

  function all(): Test {
    const tests = [any()]
    while (tokens[at] === 'AND') {
      at += 1
      tests.push(any())
    }
    return (entry) => tests.every((test) => test(entry))
  }

  function any(): Test {
    const tests = [one()]
    while (tokens[at] === 'OR') {
      at += 1
      tests.push(one())
    }
    return (entry) => tests.some((test) => test(entry))
  }

  function one(): Test {
    const token = next('a comparison')
    if (token === 'NOT') {
      const test = one()
      return (entry) => !test(entry)
    }
    if (token !== '(') return comparison(token, next('an operator'), next('a value'))
    const inside = all()
    if (next(')') !== ')') throw new Error(`A parenthesis is not closed in ${filter}`)
    return inside
  }

  function next(wanted: string): string {
    const token = tokens[at++]
    if (token === undefined) throw new Error(`The filter ends where ${wanted} should stand: ${filter}`)
    return token
  }

  const whole = all()
  if (at < tokens.length) throw new Error(`Cannot read ${tokens.slice(at).join(' ')} in ${filter}`)
  return whole
}

function tokensOf(filter: string): readonly string[] {
  const tokens: string[] = []
  const text = filter.trimEnd()
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const match = TOKEN.exec(text)
    if (match === null) throw new Error(`Cannot read ${text.slice(at)} in ${filter}`)
    tokens.push(match[0].trimStart())
  }
  return tokens
}

function comparison(path: string, operator: string, literal: string): Test {
  if (!ROOTS.test(path)) throw new Error(`No field of a log entry is called ${path}`)
  const value = literalOf(literal)
  const compare = COMPARE[operator]
  if (compare === undefined) throw new Error(`${operator} is no comparison`)
  if (typeof value !== 'number' && !/^!?=$/.test(operator)) throw new Error(`${operator} compares numbers`)
  return (entry) => {
    const field = fieldOf(entry, path)
    return typeof field === typeof value && compare(folded(field), folded(value))
  }
}

const COMPARE: Readonly<Record<string, (a: Value, b: Value) => boolean>> = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
}

function literalOf(literal: string): Value {
  if (literal.startsWith('"')) return literal.slice(1, -1).replaceAll(/\\(["\\])/g, '$1')
  if (literal === 'true' || literal === 'false') return literal === 'true'
  const number = Number(literal)
  if (Number.isNaN(number)) throw new Error(`${literal} is neither a quoted text, a number nor a boolean`)
  return number
}

/** Texts are equal there whatever their case. */
function folded(value: unknown): Value {
  if (typeof value === 'string') return value.toLowerCase()
  return typeof value === 'number' || typeof value === 'boolean' ? value : ''
}

/** The value at a dotted path; undefined where there is none. */
export function fieldOf(entry: Entry, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (part, name) => (isObject(part) && Object.hasOwn(part, name) ? part[name] : undefined),
      entry,
    )
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
