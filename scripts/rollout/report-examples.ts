import type { Example, ExampleSide, JobReport } from '../../functions/shadow/report.ts'
import { cut, instant, seconds, WIDTH } from './report-words.ts'

const VERDICT = 16
const JOB = 20

/** The examples of a job: two lines each, one for each path. */
export function exampleLines({ job, examples }: Pick<JobReport, 'job' | 'examples'>): string[] {
  return examples.flatMap((example) => {
    const about = `  ${example.verdict.padEnd(VERDICT)}${cut(job, JOB).padEnd(JOB)} `
    return [
      cut(`${about}legacy ${described(example.legacy, example)}`, WIDTH),
      cut(`${' '.repeat(about.length)}tick   ${described(example.tick, example)}`, WIDTH),
    ]
  })
}

function described(side: ExampleSide, example: Example): string {
  const { scheduled_for, started_at } = side
  if (scheduled_for === null || started_at === null)
    return side.skip_reason === null ? 'has nothing of it' : `skipped it: ${side.skip_reason}`
  const what = example.verdict === 'intents_differ' ? intentsOf(side) : endOf(side, started_at, scheduled_for)
  return `${instant(scheduled_for)} ${what.join(', ')}`
}

function endOf(
  { status, attempts, error }: ExampleSide,
  started_at: string,
  scheduled_for: string,
): string[] {
  const late = seconds(Date.parse(started_at) - Date.parse(scheduled_for))
  return [
    `+${late}${/\d$/.test(late) ? 's' : ''} ${status ?? ''}`,
    ...(attempts > 1 ? [`${attempts} attempts`] : []),
    ...(error === null ? [] : [error]),
  ]
}

function intentsOf({ payload_hash, intents }: ExampleSide): string[] {
  const payload = payload_hash === null ? [] : [`payload ${payload_hash.slice(0, 6)}`]
  if (intents === null) return payload
  const effects = `${intents.count} ${intents.count === 1 ? 'effect' : 'effects'} ${intents.digest.slice(0, 6)}`
  return [...payload, effects, ...intents.first.map(({ key }) => key)]
}
