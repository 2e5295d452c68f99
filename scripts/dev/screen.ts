import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { jsonOrNull } from '../../functions/json.ts'
import { clockTime, nameOf, paint, row, span } from './screen/words.ts'

/** Turns a structured log line of the function into a line for people; null: it says nothing new to them. */
export type Screen = (line: string) => string | null

const TRACE = 'logging.googleapis.com/trace'
const logged = z.looseObject({
  severity: z.enum(['INFO', 'WARNING', 'ERROR', 'CRITICAL', 'DEBUG']),
  message: z.string(),
  time: z.string(),
  [TRACE]: z.string().default(''),
  shadow: z.string().optional(),
})
type Line = z.infer<typeof logged>

/** What one kind of line says; undefined when the line is of another kind. */
type Rule = (line: Line) => string | null | undefined

const MOST_REMEMBERED = 1000

/** A screen. Ticks of `dwelling` lanes last a minute and more, so that their beginning is shown too. */
export function createScreen(dwelling: readonly string[]): Screen {
  const lanes = new LRUCache<string, string>({ max: MOST_REMEMBERED })
  const rules = [...tickRules(dwelling, lanes), ...runRules(), ...otherRules]
  return (text) => {
    const line = logged.safeParse(jsonOrNull(text)).data
    if (line === undefined) return text
    if (line.shadow !== undefined) return inShadow(line)
    const said = firstOf(rules, line)
    if (said === null) return null
    const lane = (lanes.get(line[TRACE]) ?? '').padEnd(5)
    return `${clockTime(line.time)}  ${lane}  ${paint(line.severity, said)}`
  }
}

/** What runs in shadow is for the report; only its trouble is shown. */
function inShadow({ severity, message, time }: Line): string | null {
  if (severity === 'INFO') return null
  return `${clockTime(time)}         ${paint(severity, row('shadow', '', message.replace(/^Shadow: /, '')))}`
}

function tickRules(dwelling: readonly string[], lanes: LRUCache<string, string>): Rule[] {
  const start = z.object({ message: z.literal('Running scheduler tick'), lane: z.string() })
  const end = z.object({
    message: z.enum(['Scheduler tick completed', 'Legacy pass completed']),
    path: z.enum(['tick', 'legacy']),
    jobs_executed: z.number(),
    jobs_succeeded: z.number(),
    duration_ms: z.number(),
    lateness_p99_ms: z.number().nullable(),
  })
  const alive = z.object({ event: z.literal('tick_alive') })
  return [
    // For the alerts; here its runs are seen.
    rule(alive, () => null),
    rule(start, ({ lane }, line) => {
      lanes.set(line[TRACE], lane)
      return dwelling.includes(lane) ? row('tick', 'begins') : null
    }),
    rule(end, ({ path, jobs_executed: runs, jobs_succeeded, duration_ms, lateness_p99_ms: p99 }) => {
      // The runs of a pass are shown one by one; with nothing to run, there is nothing to say.
      if (path === 'legacy') return null
      const late = p99 === null ? [] : [`lateness p99 ${span(p99)}`]
      const work = runs === 0 ? ['nothing to run'] : [`${runs} run, ${jobs_succeeded} succeeded`, ...late]
      return row('tick', 'ends', `after ${span(duration_ms)}: ${work.join(', ')}`)
    }),
  ]
}

function runRules(): Rule[] {
  const late = new LRUCache<string, number>({ max: MOST_REMEMBERED })
  const claimed = z.object({ run: z.string(), attempt: z.number(), lateness_ms: z.number() })
  const settled = z.object({
    job: z.string(),
    run: z.string(),
    outcome: z.string(),
    duration_ms: z.number(),
    error: z.string().nullable(),
    retry_at: z.string().nullable(),
  })
  const skipped = z.object({ job: z.string(), count: z.number(), reason: z.string(), first_at: z.string() })
  const told = z.object({ job: z.string(), run: z.string(), message: z.string(), data: z.unknown() })
  return [
    rule(claimed, ({ run, lateness_ms }) => {
      late.set(run, lateness_ms)
      return null
    }),
    rule(settled, ({ job, run, outcome, duration_ms, error, retry_at }) => {
      const lateness = late.get(run)
      const parts = [
        `in ${span(duration_ms)}`,
        ...(lateness === undefined ? [] : [`late by ${span(lateness)}`]),
        ...(retry_at === null ? [] : [`next attempt at ${clockTime(retry_at)}`]),
      ]
      return row(nameOf(job), outcome, `${parts.join(', ')}${error === null ? '' : `: ${error}`}`)
    }),
    rule(skipped, ({ job, count, reason }) => row(nameOf(job), 'skipped', `${count} (${reason})`)),
    rule(told, ({ job, message }) => row(nameOf(job), '', message)),
  ]
}

/** Lost races are the engine's own affair; of the stop, and of a start that waits for /health, the stack itself tells. */
const UNSAID = /^(Job .* already claimed|Stopping: .*|Refused GET \/health: .*)$/

/** What is left: what people need not see, and what they must. */
const otherRules: readonly Rule[] = [
  rule(z.object({ message: z.string().regex(UNSAID) }), () => null),
  // Our own errors say what to do; where they were thrown helps nobody.
  rule(
    z.object({ message: z.string(), stack_trace: z.string().startsWith('TickoverError') }),
    ({ message }) => row('function', 'trouble', message),
  ),
  rule(z.object({ message: z.string(), stack_trace: z.string() }), ({ message, stack_trace }) =>
    row('function', 'trouble', `${message}\n${stack_trace}`),
  ),
  rule(z.object({ message: z.string(), reason: z.string() }), ({ message, reason }) =>
    row('function', '', message.includes(reason) ? message : `${message}: ${reason}`),
  ),
  ({ message }) => row('function', '', message),
]

function rule<T>(schema: z.ZodType<T>, say: (found: T, line: Line) => string | null): Rule {
  return (line) => {
    const found = schema.safeParse(line)
    return found.success ? say(found.data, line) : undefined
  }
}

function firstOf(rules: readonly Rule[], line: Line): string | null {
  for (const say of rules) {
    const said = say(line)
    if (said !== undefined) return said
  }
  return null
}
