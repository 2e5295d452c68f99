import { digestOf } from '../../job/digest.ts'
import type { Entry } from '../../job/job.ts'
import { currentTrace } from '../../observe/trace.ts'

/** What a target learns about the attempt beside the body. */
export interface Told {
  readonly entry: Pick<Entry, 'run' | 'fence' | 'attempt' | 'scheduled_for'>
  /** What lets it complete the run, and where; a null base: nobody knows under which address we are reached. */
  readonly run_token: string
  readonly self_url: string | null
}

/** The headers of one attempt, but for those that prove who sends it. */
export function headersOf({ entry, run_token, self_url }: Told): Record<string, string> {
  return {
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    'user-agent': 'Tickover',
    'x-scheduler-execution-id': inHeader(entry.run),
    'idempotency-key': inHeader(entry.run),
    'x-scheduler-fence': String(entry.fence),
    'x-scheduler-attempt': String(entry.attempt),
    'x-scheduler-scheduled-for': new Date(entry.scheduled_for).toISOString(),
    'x-scheduler-run-token': run_token,
    ...(self_url !== null && { 'x-scheduler-completion-url': completionUrl(self_url, entry.run) }),
    ...traced(entry),
  }
}

/** Ids can hold whatever a reported name holds: all but visible ASCII is percent-encoded in UTF-8, and `%` too. */
export function inHeader(text: string): string {
  return text.toWellFormed().replace(/[^!-$&-~]/gu, (character) => encodeURIComponent(character))
}

function completionUrl(base: string, run: string): string {
  return `${base.replace(/\/$/, '')}/api/runs/${encodeURIComponent(run.toWellFormed())}/complete`
}

/** The trace of the tick goes on in the target, under a span of this attempt. */
function traced({ run, attempt, fence }: Told['entry']): { traceparent?: string } {
  const trace = currentTrace()
  if (trace === null) return {}
  return { traceparent: `00-${trace}-${digestOf(`${run} ${attempt} ${fence}`).slice(0, 16)}-01` }
}
