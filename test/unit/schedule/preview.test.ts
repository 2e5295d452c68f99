import { describe, expect, test } from 'vitest'
import { preview } from '../../../functions/schedule/preview.ts'
import { nextAfter, type Schedule } from '../../../functions/schedule/schedule.ts'

const WINTER = Date.UTC(2026, 0, 1)

function cron(expression: string, time_zone = 'America/New_York'): Schedule {
  return { kind: 'cron', expression, time_zone }
}

test('the occurrences are the next ones, with the wall clock of the zone', () => {
  expect(preview(cron('0 9 * * *'), Date.UTC(2026, 2, 7), 3).occurrences).toEqual([
    { at: Date.UTC(2026, 2, 7, 14), local: '2026-03-07T09:00:00-05:00' },
    { at: Date.UTC(2026, 2, 8, 13), local: '2026-03-08T09:00:00-04:00' },
    { at: Date.UTC(2026, 2, 9, 13), local: '2026-03-09T09:00:00-04:00' },
  ])
})

test('the job’s offset moves what is listed', () => {
  const [first] = preview(cron('0 9 * * *'), WINTER, 1, 90_000).occurrences
  expect(first).toEqual({
    at: nextAfter(cron('0 9 * * *'), WINTER, 90_000),
    local: '2026-01-01T09:01:30-05:00',
  })
})

test('at most 100 are listed, and a schedule that ends lists what is left', () => {
  expect(preview(cron('* * * * *'), WINTER, 5_000).occurrences).toHaveLength(100)
  expect(preview({ kind: 'at', at: WINTER + 1 }, WINTER, 5)).toEqual({
    occurrences: [{ at: WINTER + 1, local: '2026-01-01T00:00:00+00:00' }],
    clock_changes: [],
  })
  expect(preview({ kind: 'every', seconds: 60, anchor_at: 0 }, WINTER, 2).clock_changes).toEqual([])
})

describe('the two next clock changes say what they do to the schedule', () => {
  test.each([
    ['30 2 * * *', 'moved', 'none'],
    ['30 1 * * *', 'none', 'ran_once'],
    ['*/30 * * * *', 'moved', 'ran_twice'],
    ['0 2-4 * * *', 'moved', 'none'],
    ['0 9 * * *', 'none', 'none'],
    ['30 2 * * 1', 'none', 'none'],
    ['30 1 1 * *', 'none', 'ran_once'],
  ])('%s', (expression, gap, overlap) => {
    const { clock_changes } = preview(cron(expression), WINTER, 1)
    expect(clock_changes).toMatchObject([
      {
        kind: 'gap',
        minutes: 60,
        effect: gap,
        local_before: '2026-03-08T01:59:59-05:00',
        local: '2026-03-08T03:00:00-04:00',
      },
      {
        kind: 'overlap',
        minutes: 60,
        effect: overlap,
        local_before: '2026-11-01T01:59:59-04:00',
        local: '2026-11-01T01:00:00-05:00',
      },
    ])
  })

  test('in a zone that keeps its offset there are none', () => {
    expect(preview(cron('0 9 * * *', 'Asia/Tokyo'), WINTER, 1).clock_changes).toEqual([])
    expect(preview(cron('0 9 * * *', 'UTC'), WINTER, 1).clock_changes).toEqual([])
  })
})
