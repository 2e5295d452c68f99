import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TickoverError } from '../../functions/errors.ts'
import type { Event } from '../../functions/observe/events.ts'
import { createLog, MAX_LINE } from '../../functions/observe/log.ts'
import { currentTrace, traceOf, withTrace } from '../../functions/observe/trace.ts'
import { virtualClock } from '../support/virtual-clock.ts'

function setup(project: string | null = 'p') {
  const lines: string[] = []
  const clock = virtualClock(Date.parse('2030-01-01T00:00:00Z'))
  const emit = createLog({
    destination: { write: (line) => void lines.push(line) },
    clock,
    project,
    trace: currentTrace,
  })
  return { emit, lines }
}

/** The one line that an event becomes, parsed. */
function logged(event: Event) {
  const { emit, lines } = setup()
  emit(event)
  expect(lines).toHaveLength(1)
  expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
  expect(Buffer.byteLength(lines[0] ?? '')).toBeLessThanOrEqual(MAX_LINE)
  return JSON.parse(lines[0] ?? '')
}

const says = (message: string, data: Record<string, unknown> = {}): Event => ({
  kind: 'run_log',
  job: 'j',
  run: 'j@1',
  level: 'info',
  message,
  data,
})
const settled = (more: object): Event => ({
  kind: 'run_settled',
  job: 'j',
  run: 'j@1',
  attempt: 1,
  outcome: 'succeeded',
  ended: true,
  seldom: false,
  duration_ms: 5,
  items_processed: null,
  items_failed: null,
  item_duration_ms: null,
  error: null,
  retry_at: null,
  ...more,
})

describe('a line', () => {
  it.each<[Event, string, string]>([
    [{ kind: 'tick_started', tick: 't', lane: 'l' }, 'INFO', 'Running scheduler tick'],
    [{ kind: 'tick_completed', tick: 't', report: {} }, 'INFO', 'Scheduler tick completed'],
    [
      { kind: 'job_claimed', job: 'j', run: 'j@1', attempt: 1, fence: 2, lateness_ms: 3 },
      'INFO',
      'Claimed job j',
    ],
    [{ kind: 'job_already_claimed', job: 'j' }, 'INFO', 'Job j already claimed'],
    [settled({}), 'INFO', 'Job j completed successfully'],
    [settled({ outcome: 'failed', error: 'no disk' }), 'ERROR', 'Job j failed: no disk'],
    [
      settled({ outcome: 'failed', error: 'x', retry_at: 0 }),
      'WARNING',
      'Job j failed: x; next attempt at 1970-01-01T00:00:00.000Z',
    ],
    [settled({ outcome: 'lost' }), 'WARNING', 'Job j lost'],
    [{ kind: 'job_damaged', job: 'j', reason: 'r' }, 'ERROR', 'Job j cannot be read and was set aside: r'],
    [{ kind: 'store_trouble', action: 'commit', reason: 'r' }, 'WARNING', 'Store trouble at commit: r'],
    [
      { kind: 'request_refused', method: 'GET', path: '/', status: 401, code: 'c', reason: 'r' },
      'WARNING',
      'Refused GET /: c',
    ],
    [
      { kind: 'unexpected', where: 'w', error: new TickoverError('lost', 'm') },
      'ERROR',
      'Unexpected trouble in w: m',
    ],
  ])('of %j is %s: %s', (event, severity, message) => {
    expect(logged(event)).toMatchObject({ severity, message, time: '2030-01-01T00:00:00.000Z' })
  })

  it('of a tick has its metrics at the top level, where dashboards look', () => {
    const report = { jobs_due: 3, lateness: { p99: 12 }, severity: 'DEBUG', message: 'other' }
    expect(logged({ kind: 'tick_completed', tick: 't1', report })).toMatchObject({
      jobs_due: 3,
      lateness: { p99: 12 },
      severity: 'INFO',
      message: 'Scheduler tick completed',
      'logging.googleapis.com/labels': { tick: 't1' },
    })
  })

  it('carries the trace of the request, also across waiting', async () => {
    const { emit, lines } = setup()
    await withTrace('abc', async () => {
      await Promise.resolve()
      emit(says('x'))
    })
    emit(says('y'))
    expect(JSON.parse(lines[0] ?? '')['logging.googleapis.com/trace']).toBe('projects/p/traces/abc')
    expect(lines[1]).not.toContain('trace')
  })

  it.each([
    [{ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }, 'a'.repeat(32)],
    [{ 'x-cloud-trace-context': `${'c'.repeat(32)}/1;o=1` }, 'c'.repeat(32)],
    [{ 'x-cloud-trace-context': 'x","severity":"EMERGENCY' }, null],
    [{}, null],
  ])('takes from %j the trace %s', (headers, trace) => {
    expect(traceOf((name) => (headers as Record<string, string>)[name])).toBe(trace)
  })

  it('cannot be forged by what a job says', () => {
    const nasty = 'x"}\n{"severity":"EMERGENCY","message":"forged"}\r\n\u2028'
    expect(logged(says(nasty, { severity: 'EMERGENCY', [nasty]: nasty }))).toMatchObject({
      severity: 'INFO',
      message: nasty,
      data: { [nasty]: nasty },
    })
  })

  const token = `eyJhbGciOiJSUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(40)}`
  it.each<[string, unknown]>([
    ['token', { note: `got ${token} from them` }],
    ['half a token', { note: token.split('.').slice(0, 2).join('.') }],
    ['bearer header', { note: 'Authorization: Bearer hunter2-hunter2' }],
    ['named secret', { password: 'hunter2', nested: { api_key: 'hunter2', 'X-Service-Token': 'hunter2' } }],
    ['URL with credentials', { url: 'redis://me:hunter2@db.example.com/0' }],
    ['private key', { pem: '-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----' }],
    ['error', new Error(`refused ${token}: hunter2`.replace(': hunter2', ''))],
  ])('keeps no secret: %s', (_, data) => {
    const text = JSON.stringify([
      logged(says('x', { data })),
      logged(says(JSON.stringify(data))),
      logged({ kind: 'unexpected', where: 'w', error: data }),
    ])
    expect(text).not.toContain('a'.repeat(40))
    if (JSON.stringify(data).includes('password'))
      expect(JSON.stringify(logged(says('x', { data })))).not.toContain('hunter2')
    else expect(text).not.toContain('hunter2')
  })

  it('stays within 64 KiB and keeps what is short, however much it is given', () => {
    const line = logged(says('m', { big: Array.from({ length: 100 }, () => '\u0001'.repeat(9000)) }))
    expect(line).toMatchObject({ message: 'm', job: 'j', truncated_from_bytes: expect.any(Number) })
    logged({
      ...settled({ error: '\u0001'.repeat(1e6) }),
      job: '\u0001'.repeat(1e6),
      run: '€'.repeat(1e6),
    } as Event)
    logged(says('\u0001'.repeat(1e6)))
  })

  it('is written of anything, and never throws', () => {
    const round: Record<string, unknown> = {}
    round.self = round
    const hostile = {
      get bad() {
        throw new Error('no')
      },
      toJSON: () => {
        throw new Error('no')
      },
      big: 1n,
      f: () => 1,
      s: Symbol('s'),
      d: new Date(Number.NaN),
      n: Number.NaN,
      u: undefined,
      round,
    }
    expect(logged(says('x', hostile)).data).toMatchObject({
      bad: '[unreadable]',
      big: '1',
      f: '[function]',
      n: 'NaN',
      u: null,
      d: null,
    })
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.dictionary(fc.string(), fc.anything()),
        (message, data) => {
          expect(logged(says(message, data)).severity).toBe('INFO')
        },
      ),
      { numRuns: 100 },
    )
    const revoked = Proxy.revocable({}, {})
    revoked.revoke()
    const { emit } = setup()
    expect(() => emit({ kind: 'unexpected', where: 'w', error: revoked.proxy })).not.toThrow()
  })
})
