import { styleText } from 'node:util'

const NAME_WIDTH = 23
const OUTCOME_WIDTH = 10
const UUID = /^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** One row: who, how it went, and what there is to say about it. */
export function row(name: string, outcome: string, text = ''): string {
  return `${name.padEnd(NAME_WIDTH)}  ${outcome.padEnd(OUTCOME_WIDTH)}  ${text}`.trimEnd()
}

/** One-off jobs have a UUID for a name; its beginning will do. */
export function nameOf(job: string): string {
  const [, short] = UUID.exec(job) ?? []
  return short === undefined ? job : `one-off ${short}`
}

/** Milliseconds as people say them. */
export function span(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.round(ms / 60_000)} min`
}

/** The time of day here, of an instant in ISO 8601. */
export function clockTime(instant: string): string {
  return new Date(instant).toTimeString().slice(0, 8)
}

/** Colours what needs a look, where the terminal has colours. */
export function paint(severity: string, text: string): string {
  if (severity === 'INFO' || severity === 'DEBUG') return text
  return styleText(severity === 'WARNING' ? 'yellow' : 'red', text)
}
