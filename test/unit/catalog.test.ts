import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { METRICS } from '../../functions/observe/metrics.ts'
import { ALERTS } from '../../functions/rollout/alerts.ts'
import { CHARTS } from '../../scripts/catalog/charts.ts'
import { main } from '../../scripts/catalog.ts'

function run(...args: string[]) {
  const written: string[] = []
  const said: string[] = []
  const code = main(
    args,
    (text) => void written.push(text),
    (text) => void said.push(text),
  )
  return { code, written, said: said.join('') }
}

const file = readFileSync(new URL('../../infra/catalog.json', import.meta.url), 'utf8')
const queries = [
  ...Object.values(ALERTS).map(({ query }) => query),
  ...CHARTS.flatMap(({ lines }) => lines.map(({ query }) => query)),
]

describe('infra/catalog.json', () => {
  it('is what the tables say: npm run catalog writes it anew', () => {
    expect(run()).toMatchObject({ code: 0, written: [file] })
  })

  it('holds every metric with filter and extractors, every alert and every chart', () => {
    const { metrics, alerts, charts } = JSON.parse(file)
    expect(Object.keys(metrics)).toEqual(Object.keys(METRICS))
    expect(Object.keys(alerts)).toEqual(Object.keys(ALERTS))
    expect(charts).toEqual(CHARTS)
    expect(metrics.runs).toMatchObject({
      labels: { outcome: 'EXTRACT(jsonPayload.outcome)', seldom: 'EXTRACT(jsonPayload.seldom)' },
      value: null,
      bounds: null,
    })
    expect(metrics.tick_ms).toMatchObject({
      labels: {},
      value: 'EXTRACT(jsonPayload.own_ms)',
      unit: 'ms',
    })
  })

  it('has a use for every metric, in an alert or a chart', () => {
    const used = queries.flatMap((query) => query.match(/(?<=user_tickover_)[a-z_]+(?=\{)/g) ?? [])
    const names = used.map((name) => name.replace(/_(sum|count|bucket)$/, ''))
    expect([...new Set(names)].toSorted()).toEqual(Object.keys(METRICS).toSorted())
  })

  it('asks of a counter no part, of a distribution always one', () => {
    for (const [name, { value }] of Object.entries(METRICS)) {
      const parts = queries.flatMap((query) => [
        ...query.matchAll(new RegExp(`user_tickover_${name}(_sum|_count|_bucket)?\\{`, 'g')),
      ])
      for (const [, part] of parts) expect(part === undefined).toBe(value === null)
    }
  })
})

describe('npm run catalog', () => {
  it('says what it does, and writes nothing when it is used wrongly', () => {
    expect(run('--help')).toMatchObject({
      code: 0,
      written: [],
      said: expect.stringContaining('npm run catalog'),
    })
    expect(run('--write')).toMatchObject({ code: 2, written: [], said: expect.stringContaining('--write') })
  })
})
