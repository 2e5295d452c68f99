import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compare } from '../../../functions/shadow/compare.ts'
import { reportOf, type ShadowReport } from '../../../functions/shadow/report.ts'
import { reportTable } from '../../../scripts/rollout/report-table.ts'
import { comparing, gap, intents, MINUTE, NOW, rule, type Sides, seen, T0, TOLERANCE } from './fixtures.ts'

const rules = [rule({ verdict: 'outcome_differs' }), rule({ name: 'old', until: NOW })]

function report(sides: Sides, changes: Partial<ShadowReport> = {}): ShadowReport {
  const { terms, shadow_path, ...input } = comparing({ ...sides, rules })
  const compared = compare({ ...input, terms, shadow_path })
  const read = { complete: true, documents_read: 12_345, documents_unreadable: 0 }
  const span = { now: NOW, since: T0, until: NOW }
  return {
    ...reportOf({ stage: 3, shadow_path, compared, terms, rules, ...span, ...read, examples: 5 }),
    ...changes,
  }
}

const failed = { status: 'failed', error: `The service said:\n\u001b[31mno${'!'.repeat(300)}` } as const
const late = { started_at: T0 + 2 * MINUTE + TOLERANCE + MINUTE, error: failed.error }
const long = { job: 'a-job-whose-name-is-far-too-long-for-its-column' }
const DIFFERENT = report({
  live: [
    ...[1, 2, 3].map((minute) => seen('legacy', minute)),
    seen('legacy', 4, failed),
    seen('legacy', 5, { effect_failed: true, ...failed }),
    seen('legacy', 6, { ...long, ...failed }),
  ],
  shadow: [
    seen('tick', 2, late),
    seen('tick', 3, { intents: intents('mail') }),
    ...[4, 5].map((minute) => seen('tick', minute)),
    seen('tick', 7, { ...long, attempts: [], status: 'running' }),
  ],
  shadow_gaps: [gap('coalesced', 1)],
})
const plain = (shown: ShadowReport) => reportTable(shown, { tty: false })

describe('the table of a report', () => {
  test('has a line for the total, then one for each job', () => {
    const lines = plain(DIFFERENT)
    expect(lines.slice(0, 2)).toEqual([
      'Stage 3: legacy is live, tick is its shadow; compared 2030-01-31T12:00:00Z to 2030-02-01T12:00:00Z',
      '12,345 documents read',
    ])
    const rows = lines.slice(5, 8).map((line) => line.split(/ +/))
    expect(rows[0]?.slice(0, 8)).toEqual(['total', '3', '0.00', '%', '1', '0', '1', '1'])
    expect(rows[1]?.[0]).toMatch(/^a-job-whose-name-is-fa…$/)
    expect(rows[2]?.slice(0, 9)).toEqual(['digest', '3', '0.00', '%', '1', '0', '1', '1', '0'])
  })

  test('sets lateness and errors of both paths side by side', () => {
    const row = plain(DIFFERENT).find((line) => line.startsWith('digest'))
    expect(row).toMatch(/ 1\.0\/1\.0 \| +1\.0\/190 +40\.0 \| +0$/)
  })

  test('keeps to 110 columns and to one line for whatever was recorded, without colours', () => {
    const lines = plain(DIFFERENT)
    for (const line of lines) expect(line).toMatch(/^[^\p{C}]{0,110}$/u)
    expect(lines.some((line) => line.length === 110 && line.endsWith('…'))).toBe(true)
  })

  test('has colours on a terminal, and the same text', () => {
    const coloured = reportTable(DIFFERENT, { tty: true })
    expect(coloured.join('\n')).toContain('\u001b[')
    expect(coloured.map(stripVTControlCharacters)).toEqual(plain(DIFFERENT))
  })

  test('shows each example in two lines, a path each', () => {
    const lines = plain(DIFFERENT)
    const first = lines.findIndex((line) => /^ {2}only_legacy +digest/.test(line))
    expect(lines[first]).toMatch(/ legacy 2030-01-31T12:01:00Z \+1\.0s succeeded$/)
    expect(lines[first + 1]).toMatch(/^ +tick {3}skipped it: coalesced$/)
    expect(lines.filter((line) => line.startsWith('  intents_differ'))[0]).toMatch(
      / legacy \S+ payload \w{6}, 1 effect \w{6}, post$/,
    )
  })

  test('lists what was set aside, and rules that have expired', () => {
    const text = plain(DIFFERENT).join('\n')
    expect(text).toContain('1 ignored: effect_failed')
    expect(text).toContain('1 ignored until 2030-02-01T12:01:00Z: rule known (outcome_differs of digest')
    expect(text).toContain('EXPIRED 2030-02-01T12:00:00Z: rule old')
  })

  test('never rounds agreement up to a full one', () => {
    const total = { ...DIFFERENT.total, compared: 100_000, agreement: 0.99999 }
    expect(plain({ ...DIFFERENT, total })[5]).toMatch(/100,000 +99\.99 %/)
  })

  test('says when it was cut off, and what could not be read', () => {
    const text = plain({ ...DIFFERENT, complete: false, documents_unreadable: 2 }).join('\n')
    expect(text).toContain('INCOMPLETE')
    expect(text).toContain('2 of them unreadable')
    expect(plain(DIFFERENT).join('\n')).not.toContain('INCOMPLETE')
  })

  test('is one sentence when no shadow runs, and has no rows of jobs when nothing was compared', () => {
    expect(reportTable({ status: 'off', stage: 5, message: 'None.' }, { tty: false })).toEqual([
      'Stage 5: None.',
    ])
    const none = plain(report({}, { since: null, until: null, rules: [] }))
    expect(none[0]).toContain('not begun yet')
    expect(none.at(-1)).toMatch(/^total +0 +- /)
  })

  test('says why nothing was compared: it is too early, or the job that was asked for is not known', () => {
    const none = report({}, { rules: [] })
    expect(plain(none)[2]).toMatch(/^Nothing is compared yet: .{1,90}$/)
    expect(reportTable(none, { tty: false, job: 'digset' })[2]).toContain('"digset"')
    expect(plain(DIFFERENT).join('\n')).not.toContain('Nothing is compared')
  })
})
