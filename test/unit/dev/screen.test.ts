import { describe, expect, it } from 'vitest'
import { TickoverError } from '../../../functions/errors.ts'
import type { Event } from '../../../functions/observe/events.ts'
import { createLog } from '../../../functions/observe/log.ts'
import { withTrace } from '../../../functions/observe/trace.ts'
import { createScreen } from '../../../scripts/dev/screen.ts'
import { virtualClock } from '../../support/virtual-clock.ts'

const NOON = new Date(2030, 0, 31, 12, 0, 5).getTime()
const ONE_OFF = '3f2b1c9a-0000-4000-8000-000000000001'

/** What a screen shows of events, each as the function logs it in a request of its lane's tick. */
function shown(...events: Event[]): (string | null)[] {
  const screen = createScreen(['high'])
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line.trim()) }
  const clock = virtualClock(NOON)
  const emit = createLog({ destination, clock, project: 'p', trace: () => 'a'.repeat(32) })
  withTrace('a'.repeat(32), () => events.forEach(emit))
  return lines.map(screen)
}

const begins: Event = { kind: 'tick_started', tick: 't', lane: 'high' }
const claimed: Event = {
  kind: 'job_claimed',
  job: ONE_OFF,
  run: `${ONE_OFF}@x`,
  attempt: 1,
  fence: 1,
  lateness_ms: 1234,
}
const settled = {
  kind: 'run_settled',
  job: ONE_OFF,
  run: `${ONE_OFF}@x`,
  attempt: 1,
  outcome: 'succeeded',
  ended: true,
  seldom: false,
  duration_ms: 150_000,
  items_processed: null,
  items_failed: null,
  item_duration_ms: null,
  error: null,
  retry_at: null,
} as const

describe('the screen', () => {
  it('says nothing of a tick that only tells that it lives: its runs are seen', () => {
    expect(shown({ kind: 'tick_alive', tick: 't', lane: 'high' })).toEqual([null])
  })

  it('shows a run with its time, lane, job, outcome, duration and lateness', () => {
    expect(shown(begins, claimed, settled)).toEqual([
      '12:00:05  high   tick                     begins',
      null,
      '12:00:05  high   one-off 3f2b1c9a         succeeded   in 3 min, late by 1.2 s',
    ])
  })

  it('shows why a run failed and when it is tried again', () => {
    const failed = { ...settled, job: 'mail', outcome: 'retry', error: 'no network', retry_at: NOON + 5000 }
    expect(shown(begins, failed)[1]).toMatch(
      /12:00:05 {2}high .*mail +retry +in 3 min, next attempt at 12:00:10: no network/,
    )
  })

  it('shows the beginning of a tick only where it takes a while, its end always', () => {
    const report = {
      path: 'tick',
      jobs_executed: 0,
      jobs_succeeded: 0,
      duration_ms: 7,
      lateness_p99_ms: null,
    }
    const low: Event = { kind: 'tick_started', tick: 't', lane: 'low' }
    expect(shown(low, { kind: 'tick_completed', tick: 't', report })).toEqual([
      null,
      '12:00:05  low    tick                     ends        after 7 ms: nothing to run',
    ])
  })

  it('shows trouble with its stack, and what is no log line as it is', () => {
    const error = new Error('boom')
    expect(shown({ kind: 'unexpected', where: 'drain', error })[0]).toContain(error.stack)
    expect(createScreen([])('Killed')).toBe('Killed')
  })

  it('shows no stack of an error of ours, which says what to do', () => {
    const error = new TickoverError('configuration', 'Correct these flags: ROLLOUT_STAGE')
    const [line] = shown({ kind: 'unexpected', where: 'start', error })
    expect(line).toMatch(/trouble +.*Correct these flags: ROLLOUT_STAGE$/)
  })

  it('shows what a job says of itself, also when it looks like another line', () => {
    const data = { outcome: 'succeeded', duration_ms: 1, error: null, retry_at: null }
    const line = shown(begins, {
      kind: 'run_log',
      job: 'mail',
      run: 'mail@x',
      level: 'info',
      message: 'Sent',
      data,
    })[1]
    expect(line).toBe('12:00:05  high   mail                                 Sent')
  })
})
