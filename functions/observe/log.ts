import { type DestinationStream, type Level, pino } from 'pino'
import type { Clock } from '../clock.ts'
import type { Emit } from './events.ts'
import { type Line, lineOf, type Severity } from './line.ts'
import { scrubFields, scrubText } from './scrub.ts'

/** The most bytes of one line; Cloud Logging cuts or refuses what is much longer. */
export const MAX_LINE = 64 * 1024

const LEVELS: Readonly<Record<Severity, Level>> = {
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
}
const SEVERITIES: Readonly<Record<string, Severity>> = {
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
}

/**
 * Writes events as Cloud Logging's structured lines: one JSON object a line, at most 64 KiB, secrets taken out. What
 * jobs and callers say stands inside JSON text only, so it can forge neither a line nor a severity. Never throws.
 */
export function createLog(options: {
  readonly destination: DestinationStream
  readonly clock: Clock
  /** Makes traces findable from Cloud Trace; null: the bare trace id is written. */
  readonly project: string | null
  readonly trace: () => string | null
}): Emit {
  const log = pino(
    {
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: { level: (level) => ({ severity: SEVERITIES[level] ?? 'DEFAULT' }) },
    },
    options.destination,
  )
  return (event) => {
    try {
      const line = lineOf(event)
      log[LEVELS[line.severity]](
        content(line, traceName(options.trace(), options.project)),
        cut(scrubText(line.message), MAX_MESSAGE),
      )
    } catch {
      log.error('An event could not be written')
    }
  }
}

const RESERVED = new Set(['severity', 'message', 'time', 'level'])
const MAX_MESSAGE = 2 * 1024
/** What a line has left beside its message, of which each character may take six bytes in JSON. */
const MAX_CONTENT = MAX_LINE - 6 * MAX_MESSAGE - 1024

function content(line: Line, trace: Readonly<Record<string, string>>): object {
  const fields = Object.entries(scrubFields(line.fields)).filter(([name]) => !RESERVED.has(name))
  const labels = Object.entries(line.labels).map(([name, text]) => [name, cut(scrubText(text), 1000)])
  const about = { 'logging.googleapis.com/labels': Object.fromEntries(labels), ...trace }
  const whole = { ...Object.fromEntries(fields), ...about }
  const size = Buffer.byteLength(JSON.stringify(whole))
  if (size <= MAX_CONTENT) return whole
  const short = fields.filter((field) => JSON.stringify(field).length <= 1000).slice(0, 10)
  return { ...Object.fromEntries(short), truncated_from_bytes: size, ...about }
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}…` : text
}

function traceName(trace: string | null, project: string | null): Readonly<Record<string, string>> {
  if (trace === null) return {}
  return { 'logging.googleapis.com/trace': project === null ? trace : `projects/${project}/traces/${trace}` }
}
