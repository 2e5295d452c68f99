import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { overdueSince } from '../../../functions/rollout/overdue.ts'
import { occurrences } from '../../../functions/schedule/schedule.ts'

const MINUTE = 60_000
const LANES = [
  { name: 'default', dwell_seconds: null },
  { name: 'live', dwell_seconds: 75 },
]
const pace = (cadence: string, time_zone = 'UTC') => ({ cadence, time_zone, lanes: LANES })
const at = (text: string) => Date.parse(`${text}Z`)

/** Is a job overdue at an instant that has been claimable since another? */
function isLate(cadence: string, now: string, since: string, lane = 'default'): boolean {
  const from = overdueSince(pace(cadence), lane, at(now))
  return from !== null && at(since) <= from
}

describe('a job is overdue', () => {
  it('exactly when two ticks of its lane were to come after its instant, and half a minute has passed since', () => {
    const cadences = ['* * * * *', '*/5 9-17 * * 1-5', '30 2 * * *', '0 9 * * 1', '*/7 * 1,15 * *']
    const zones = ['UTC', 'America/New_York', 'Europe/London']
    const instant = fc.integer({ min: at('2026-01-01T00:00'), max: at('2026-12-31T00:00') })
    fc.assert(
      fc.property(
        fc.constantFrom(...cadences),
        fc.constantFrom(...zones),
        instant,
        fc.integer({ min: 0, max: 5 * 1440 * MINUTE }),
        (cadence, time_zone, now, ago) => {
          const since = now - ago
          const schedule = { kind: 'cron', expression: cadence, time_zone } as const
          const passed = occurrences(schedule, since + 1, now - 30_000, 2).length
          const from = overdueSince(pace(cadence, time_zone), 'default', now)
          expect(from !== null && since <= from).toBe(passed === 2)
        },
      ),
    )
  })

  it('on a Saturday not for having waited since Friday evening, in office hours', () => {
    const cadence = '*/5 9-17 * * 1-5'
    expect(isLate(cadence, '2026-06-06T10:00', '2026-06-05T17:52')).toBe(false)
    expect(isLate(cadence, '2026-06-06T10:00', '2026-06-05T17:49')).toBe(true)
    expect(isLate(cadence, '2026-06-08T09:05:29', '2026-06-05T18:00')).toBe(false)
    expect(isLate(cadence, '2026-06-08T09:05:30', '2026-06-05T18:00')).toBe(true)
  })

  it('on a weekday within a quarter of an hour, in office hours', () => {
    expect(isLate('*/5 9-17 * * 1-5', '2026-06-09T12:00', '2026-06-09T11:49')).toBe(true)
  })

  it('by the minute in a lane with dwell, whatever the cadence', () => {
    expect(isLate('0 9 * * *', '2026-06-09T12:00', '2026-06-09T11:57:59', 'live')).toBe(true)
    expect(isLate('0 9 * * *', '2026-06-09T12:00', '2026-06-09T11:57:59')).toBe(false)
  })

  it('by the cadence in a lane that has no ticks', () => {
    expect(isLate('*/5 * * * *', '2026-06-09T12:00', '2026-06-09T11:49', 'gone')).toBe(true)
    expect(isLate('*/5 * * * *', '2026-06-09T12:00', '2026-06-09T11:51', 'gone')).toBe(false)
  })

  it('never, where no two ticks come in a year', () => {
    expect(overdueSince(pace('0 0 29 2 *'), 'default', at('2026-06-09T12:00'))).toBe(null)
    expect(overdueSince(pace('0 0 1 1 *'), 'default', at('2026-06-09T12:00'))).toBe(
      at('2025-01-01T00:00') - 1,
    )
  })
})
