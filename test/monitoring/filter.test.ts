import { describe, expect, it } from 'vitest'
import { type Entry, parseFilter } from './filter.ts'
import { promName, seriesOf } from './series.ts'

const SPAN = { from: 0, step: 1000, steps: 5 }

function entry(jsonPayload: Entry['jsonPayload'], time = 0): Entry {
  const resource = { type: 'cloud_run_revision', labels: { service_name: 'tickover' } }
  return { time, severity: 'INFO', resource, jsonPayload }
}

function holds(filter: string, jsonPayload: Entry['jsonPayload']): boolean {
  return parseFilter(filter)(entry(jsonPayload))
}

describe('a filter of Cloud Logging', () => {
  it('binds NOT before OR, and OR before AND', () => {
    const filter = 'jsonPayload.a=1 OR NOT jsonPayload.b=1 AND NOT jsonPayload.c=1 OR jsonPayload.d=1'
    expect(holds(filter, { a: 1, b: 1, c: 1, d: 0 })).toBe(false)
    expect(holds(filter, { a: 1, b: 1, c: 1, d: 1 })).toBe(true)
    expect(holds(filter, { a: 0, b: 0, c: 0, d: 0 })).toBe(true)
    expect(holds(filter, { a: 0, b: 1, c: 0, d: 1 })).toBe(false)
  })

  it('holds for no comparison of a field that is missing or null, but for its negation', () => {
    for (const comparison of ['jsonPayload.a=1', 'jsonPayload.a!=1', 'jsonPayload.a<1', 'jsonPayload.a!="x"'])
      for (const fields of [{}, { a: null }]) {
        expect(holds(comparison, fields)).toBe(false)
        expect(holds(`NOT (${comparison})`, fields)).toBe(true)
      }
  })

  it('compares texts whatever their case, numbers by size, and nothing across types', () => {
    expect(holds('jsonPayload.a="Ok \\"so\\""', { a: 'OK "SO"' })).toBe(true)
    expect(holds('jsonPayload.a > 2 AND jsonPayload.a<3.5', { a: 3 })).toBe(true)
    expect(holds('jsonPayload.a=true', { a: 'true' })).toBe(false)
    expect(holds('resource.labels.service_name="tickover" AND jsonPayload.a.b=-1', { a: { b: -1 } })).toBe(
      true,
    )
  })

  it.each([
    '',
    'jsonPayload.a',
    'jsonPayload.a=',
    'jsonPayload.a=b',
    'jsonPayload.a:"x"',
    'jsonPayload.a=~"x"',
    'jsonPayload.a>"x"',
    'jsonPayload.a=1 jsonPayload.b=1',
    '(jsonPayload.a=1',
    'jsonPayload.a=1)',
    'jsonpayload.a=1',
    'labels.a=1',
    'jsonPayload.a=1 and jsonPayload.b=1',
  ])('that is not understood to the letter is refused: %s', (filter) => {
    expect(() => parseFilter(filter)).toThrow()
  })
})

describe('a log-based metric', () => {
  const metric = {
    name: 'tickover/runs',
    filter: 'jsonPayload.event="run"',
    labels: {},
    value: null,
    bounds: null,
  }

  it('has a name of its own in PromQL', () => {
    expect(promName('logging.googleapis.com/user/tickover/runs')).toBe(
      'logging_googleapis_com:user_tickover_runs',
    )
    expect(promName('run.googleapis.com/container/cpu/utilizations')).toBe(
      'run_googleapis_com:container_cpu_utilizations',
    )
  })

  it('counts by its labels, from 0, and has no value before its first line', () => {
    const lines = [
      entry({ event: 'run', how: 'well' }, 2000),
      entry({ event: 'run', how: 'well' }, 3500),
      entry({ event: 'walk' }, 0),
    ]
    const found = seriesOf({ ...metric, labels: { how: 'EXTRACT(jsonPayload.how)' } }, lines, SPAN)
    expect(found).toEqual([
      {
        name: 'logging_googleapis_com:user_tickover_runs',
        labels: { monitored_resource: 'cloud_run_revision', service_name: 'tickover', how: 'well' },
        values: [null, 0, 1, 1, 2],
      },
    ])
  })

  it('puts a value that stands on a bound into the bucket above it, and leaves out lines without a value', () => {
    const lines = [
      entry({ event: 'run', ms: 5 }),
      entry({ event: 'run', ms: 4 }),
      entry({ event: 'run', ms: null }),
    ]
    const found = seriesOf({ ...metric, value: 'EXTRACT(jsonPayload.ms)', bounds: [5, 10] }, lines, SPAN)
    const last = found.map(({ name, labels, values }) => [name.split('runs')[1], labels.le, values.at(-1)])
    expect(last).toEqual([
      ['_sum', undefined, 9],
      ['_count', undefined, 2],
      ['_bucket', '5', 1],
      ['_bucket', '10', 2],
      ['_bucket', '+Inf', 2],
    ])
  })
})
