import { beforeAll, describe, expect, it } from 'vitest'
import { NO_TERRAFORM, planOf } from '../support/terraform.ts'
import criteria from '../systems/criteria.json' with { type: 'json' }
import { type Logged, liveThrough } from './entries.ts'
import { type Firing, firingIn, MINUTES, seenLate, seriesOfHour, spanOf } from './firing.ts'
import { HOURS } from './hour/faults.ts'
import { type Alert, type Watching, watchingIn } from './plan.ts'
import { type Measured, platformSeries } from './platform.ts'
import { NO_PROMTOOL } from './promtool.ts'
import { seriesOf } from './series.ts'

const GOOD = 'good'
const BAD = Object.keys(HOURS).filter((name) => HOURS[name]?.faults.some(({ fires }) => fires.length > 0))
const FAULTS = BAD.flatMap((hour) => (HOURS[hour]?.faults ?? []).map((fault) => ({ hour, ...fault })))

/** How late lines may come, in seconds. */
const LATE = 300

const WELL: Measured = { cpu: 0.3, memory: 0.4, start_ms: 2_500, good: 60, bad: 0.6 }
/** What Cloud Run's own metrics show when something is wrong, and the alert that it is a cause of. */
const TROUBLES = [
  ['cpu_high', { cpu: 0.92 }],
  ['memory_high', { memory: 0.92 }],
  ['start_slow', { start_ms: 14_000 }],
  ['server_errors', { bad: 12 }],
] as const satisfies readonly (readonly [string, Partial<Measured>])[]

/** Each number of the guides that is an alert: where it stands there, and how the condition of the plan ends. */
const NUMBERS = [
  ['success_rate_low', 'alert <95%/5 min', '< 0.95'],
  ['no_runs', 'zero jobs 5 min', '< 1'],
  ['duplicates', 'duplicates >0', '> 0'],
  ['tick_latency_high', 'p99 <2 s alert >5 s', '> 5'],
  ['store_errors', 'alert >1%/5 min', '> 0.01'],
] as const

describe.skipIf(NO_TERRAFORM !== null || NO_PROMTOOL !== null)(
  'the alert policies that terraform plans',
  () => {
    let watching: Watching
    let logged: ReadonlyMap<string, Logged>
    let firing: ReadonlyMap<string, Firing>

    beforeAll(async () => {
      watching = watchingIn(await planOf())
      const hours = await Promise.all(
        Object.keys(HOURS).map(async (name) => [name, await liveThrough(name)] as const),
      )
      logged = new Map(hours)
      const series = hours.map(([, hour]) => seriesOfHour(watching.metrics, hour))
      const fired = await firingIn(watching.alerts, series)
      firing = new Map(
        hours.map(([name], index) => [name, fired[index] ?? new Map<string, readonly number[]>()]),
      )
    })

    it('are all silent in a good hour, in which a run is tried again, one is skipped and a claim is lost', () => {
      const events = logged.get(GOOD)?.entries.map(({ jsonPayload: { event, outcome } }) => [event, outcome])
      expect(events).toEqual(
        expect.arrayContaining([
          ['run_settled', 'retry'],
          ['occurrences_skipped', undefined],
          ['job_already_claimed', undefined],
          ['overdue_checked', undefined],
        ]),
      )
      expect([...(firing.get(GOOD) ?? [])]).toEqual([])
    })

    it('are all silent in a good hour whose lines come five minutes late, once they do come', async () => {
      const good = logged.get(GOOD)
      if (good === undefined) throw new Error('There is no good hour')
      const late = watching.alerts.map((alert) => seenLate(alert, LATE))
      const [fired = new Map()] = await firingIn(late, [seriesOfHour(watching.metrics, good)])
      const began = (2 * LATE) / 60
      expect([...fired].filter(([, minutes]) => minutes.some((minute: number) => minute > began))).toEqual([])
    })

    it('are all silent in an hour whose one job holds up all other ticks for a quarter of it', async () => {
      const ticks = logged
        .get('small')
        ?.entries.filter(({ jsonPayload: { event } }) => event === 'tick_alive')
      expect(ticks).toHaveLength(7)
      expect([...(firing.get('small') ?? [])]).toEqual([])
    })

    it.each(FAULTS)('fire in time where $what ($fires)', ({ hour, from, to, fires }) => {
      for (const id of fires) {
        const fired = firing.get(hour)?.get(id) ?? []
        const during = fired.filter((minute) => minute >= from && minute <= to + tailOf(id))
        expect(during, `${id} fired in ${fired.join(', ')}`).not.toEqual([])
      }
    })

    it.each(BAD)('fire for nothing else in the hour "%s"', (hour) => {
      const faults = HOURS[hour]?.faults ?? []
      for (const [id, minutes] of firing.get(hour) ?? []) {
        const causes = faults.filter(({ fires }) => fires.some((one) => one === id))
        const astray = minutes.filter(
          (minute) => !causes.some(({ from, to }) => minute >= from && minute <= to + tailOf(id)),
        )
        expect(astray, id).toEqual([])
      }
    })

    it('are switched on, each fire for some fault, and need log lines that the function writes', () => {
      expect(watching.alerts.filter(({ enabled }) => !enabled)).toEqual([])
      const caused = [...FAULTS.flatMap(({ fires }) => fires), ...TROUBLES.map(([id]) => id)]
      expect(watching.alerts.map(({ id }) => id).toSorted()).toEqual([...new Set(caused)].toSorted())
      const all = [...logged.values()].flatMap(({ entries }) => entries)
      for (const metric of watching.metrics)
        expect(seriesOf(metric, all, spanOf(0)).length, metric.name).toBeGreaterThan(0)
    })

    it('count no lines of other services, and none of shadow', () => {
      const { began, entries } = logged.get('store') ?? { began: 0, entries: [] }
      expect(entries).not.toEqual([])
      const elsewhere = entries.map((one) => ({
        ...one,
        resource: { ...one.resource, labels: { ...one.resource.labels, service_name: 'shop' } },
      }))
      const inShadow = entries.map((one) => ({
        ...one,
        jsonPayload: { ...one.jsonPayload, event: 'in_shadow' },
      }))
      for (const metric of watching.metrics)
        expect(seriesOf(metric, [...elsewhere, ...inShadow], spanOf(began)), metric.name).toEqual([])
    })

    it('fire for what Cloud Run measures of the service, and of no other', async () => {
      const span = spanOf(0)
      const others = platformSeries('shop', { cpu: 1, memory: 1, start_ms: 60_000, good: 0, bad: 60 }, span)
      const well = [...platformSeries('tickover', WELL, span), ...others]
      const unwell = TROUBLES.map(([, trouble]) => platformSeries('tickover', { ...WELL, ...trouble }, span))
      const ids: readonly string[] = TROUBLES.map(([id]) => id)
      const alerts = watching.alerts.filter(({ id }) => ids.includes(id))
      const [silent, ...fired] = await firingIn(alerts, [well, ...unwell])
      expect([...(silent ?? [])]).toEqual([])
      expect(fired.map((hour) => [...hour.keys()])).toEqual(ids.map((id) => [id]))
    })

    it('all fall silent with nothing there at all, but for those that wait for a sign of life', async () => {
      const [nothing] = await firingIn(watching.alerts, [[]])
      expect([...(nothing?.keys() ?? [])].toSorted()).toEqual(['ticks_missing', 'watch_silent'])
    })

    it.each(NUMBERS)('hold the number of the guides for %s: %s', (id, said, condition) => {
      expect(criteria.criteria.some(({ required }) => required.includes(said))).toBe(true)
      const expr = alertOf(id)?.expr ?? ''
      expect(expr.endsWith(`) ${condition}`), expr).toBe(true)
      expect(expr).toContain('[300s]')
    })

    it('each carry their page of the runbook', () => {
      for (const { id, documentation } of watching.alerts)
        expect(documentation).toMatch(new RegExp(`^# ${id}\\b`))
    })

    function alertOf(id: string): Alert | undefined {
      return watching.alerts.find((alert) => alert.id === id)
    }

    /** How long an alert may fire on, and how late it may begin, after its cause is gone, in minutes. */
    function tailOf(id: string): number {
      const alert = alertOf(id)
      const window = Number(/\[(\d+)s\]/.exec(alert?.expr ?? '')?.[1] ?? 0)
      return Math.min(MINUTES, (window + (alert?.for_seconds ?? 0)) / 60 + 1)
    }
  },
)
