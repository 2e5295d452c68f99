import { TickoverError } from '../errors.ts'
import type { Event } from './events.ts'

/** Cloud Logging's severities that are in use. */
export type Severity = 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL'

/** What one event says: `fields` stand beside the message, `labels` can be searched by. */
export interface Line {
  readonly severity: Severity
  readonly message: string
  readonly labels: Readonly<Record<string, string>>
  readonly fields: Readonly<Record<string, unknown>>
}

type Kind = Event['kind']
type Of<K extends Kind> = Extract<Event, { kind: K }>
/** Written so that the compiler sees that an event and its entry in the table belong together. */
type Events = { readonly [K in Kind]: Of<K> & { readonly kind: K } }

const LINES: { readonly [K in Kind]: (event: Events[K]) => Line } = {
  tick_started: ({ tick, lane }) => line('INFO', 'Running scheduler tick', { tick, lane }, { lane }),
  tick_alive: ({ tick, lane }) => line('INFO', 'Scheduler tick still lives', { tick, lane }, { lane }),
  tick_completed: ({ tick, report }) =>
    line(
      'INFO',
      report.path === 'legacy' ? 'Legacy pass completed' : 'Scheduler tick completed',
      { tick },
      report,
    ),
  job_claimed: ({ job, run, attempt, fence, lateness_ms }) =>
    line('INFO', `Claimed job ${job}`, { job, run }, { attempt, fence, lateness_ms }),
  job_already_claimed: ({ job }) => line('INFO', `Job ${job} already claimed`, { job }),
  holder_died: ({ job, run, attempt, fate, seldom }) =>
    line(
      'WARNING',
      `Job ${job}: attempt ${attempt} ended without its holder (${fate})`,
      { job, run },
      { attempt, fate, seldom },
    ),
  lease_lost: ({ job, run, attempt, performed }) =>
    line(
      performed ? 'ERROR' : 'WARNING',
      `Job ${job}: attempt ${attempt} lost its lease${performed ? ' after it had performed' : ''}`,
      { job, run },
      { attempt, performed },
    ),
  effect_repeated: ({ run, key }) =>
    line('WARNING', `Run ${run}: the effect ${key} had begun before, and begins again`, { run }, { key }),
  run_left: ({ job, run, attempt }) =>
    line(
      'WARNING',
      `Job ${job}: attempt ${attempt} did not end before the process stopped`,
      { job, run },
      { attempt },
    ),
  job_damaged: ({ job, reason }) =>
    line('ERROR', `Job ${job} cannot be read and was set aside: ${reason}`, { job }, { reason }),
  occurrences_skipped: ({ job, reason, count, first_at, last_at }) =>
    line(
      'INFO',
      `Skipped ${count} of job ${job}: ${reason}`,
      { job },
      {
        reason,
        count,
        first_at: instant(first_at),
        last_at: instant(last_at),
      },
    ),
  run_settled: settled,
  run_log: ({ job, run, level, message, data }) => line(LEVELS[level], message, { job, run }, { data }),
  in_shadow: ({ path, event }) => inShadow(path, lineOf(event)),
  report_refused: ({ job, run }) =>
    line('ERROR', `Job ${job}: a report came after another had the run, and it had performed`, { job, run }),
  overdue_checked: ({ overdue }) =>
    line(overdue > 0 ? 'WARNING' : 'INFO', `Overdue jobs: ${overdue}`, {}, { overdue }),
  store_trouble: ({ action, reason }) =>
    line('WARNING', `Store trouble at ${action}: ${reason}`, {}, { reason }),
  request_refused: ({ method, path, status, code, reason }) =>
    line(
      status >= 500 ? 'ERROR' : 'WARNING',
      `Refused ${method} ${path}: ${code}`,
      {},
      { method, path, status, code, reason },
    ),
  process_stopping: ({ reason }) => line('INFO', `Stopping: ${reason}`, {}, { reason }),
  unexpected,
}

const LEVELS = { info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const

/** The line that an event becomes. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- K ties the event to its entry in the table
export function lineOf<K extends Kind>(event: Events[K]): Line {
  const told = LINES[event.kind](event)
  return { ...told, fields: { event: event.kind, ...told.fields } }
}

function line(
  severity: Severity,
  message: string,
  labels: Readonly<Record<string, string>>,
  fields: Readonly<Record<string, unknown>> = {},
): Line {
  return { severity, message, labels, fields: { ...labels, ...fields } }
}

/** Nothing that happens in shadow is anybody's alarm. */
function inShadow(path: string, { severity, message, labels, fields }: Line): Line {
  return {
    severity: severity === 'INFO' ? 'INFO' : 'WARNING',
    message: `Shadow: ${message}`,
    labels: { ...labels, shadow: path },
    fields: { ...fields, event: 'in_shadow', shadow: path },
  }
}

function settled({ kind: _kind, job, run, ...told }: Of<'run_settled'>): Line {
  const { outcome, error, retry_at } = told
  const labels = { job, run }
  const fields = { ...told, retry_at: retry_at === null ? null : instant(retry_at) }
  if (outcome === 'succeeded') return line('INFO', `Job ${job} completed successfully`, labels, fields)
  const said = `Job ${job} ${outcome === 'retry' ? 'failed' : outcome}${error === null ? '' : `: ${error}`}`
  if (retry_at !== null)
    return line('WARNING', `${said}; next attempt at ${instant(retry_at)}`, labels, fields)
  return line(outcome === 'failed' ? 'ERROR' : 'WARNING', said, labels, fields)
}

function unexpected({ where, error }: Of<'unexpected'>): Line {
  if (error instanceof TickoverError) {
    const { code, message, problems } = error
    return line(
      'ERROR',
      `Unexpected trouble in ${where}: ${message}`,
      {},
      { code, problems, stack_trace: error.stack },
    )
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return line('ERROR', `Unexpected trouble in ${where}`, {}, { stack_trace: stack })
}

function instant(milliseconds: number): string | number {
  return Math.abs(milliseconds) <= 8.64e15 ? new Date(milliseconds).toISOString() : milliseconds
}
