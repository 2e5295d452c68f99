import type { LastRun } from './job.ts'

/** One of the last runs of a job, as a list shows it. Times in ms; `lateness_ms` is that of its first attempt. */
export interface RecentRun {
  readonly at: number
  readonly outcome: LastRun['outcome']
  readonly duration_ms: number
  readonly lateness_ms: number
}

const MOST_RUNS = 20

const LETTERS = { succeeded: 's', failed: 'f', cancelled: 'c' } as const
const OUTCOMES: Readonly<Record<string, LastRun['outcome']>> = { s: 'succeeded', f: 'failed', c: 'cancelled' }

/** The text with one more run at its end, at most 20: a job's document is read at every look, so they are kept short. */
export function addRecent(text: string, run: RecentRun): string {
  const kept = text === '' ? [] : text.split(';')
  const added = [run.at, LETTERS[run.outcome], run.duration_ms, run.lateness_ms].join(',')
  return [...kept, added].slice(-MOST_RUNS).join(';')
}

/** The runs of such a text, oldest first; what cannot be read is left out. */
export function readRecent(text: string): RecentRun[] {
  return text.split(';').flatMap((part) => {
    const [at, letter = '', duration, lateness] = part.split(',')
    const [began, duration_ms, lateness_ms] = [Number(at), Number(duration), Number(lateness)]
    const outcome = OUTCOMES[letter]
    if (outcome === undefined || ![began, duration_ms, lateness_ms].every(Number.isFinite)) return []
    return [{ at: began, outcome, duration_ms, lateness_ms }]
  })
}
