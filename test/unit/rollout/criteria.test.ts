import { describe, expect, it } from 'vitest'
import { ALERTS, type AlertId } from '../../../functions/rollout/alerts.ts'
import { CRITERIA, forPeople } from '../../../functions/rollout/criteria.ts'
import { CHECKS } from '../../../functions/rollout/gate/checks.ts'
import asked from '../../systems/criteria.json' with { type: 'json' }

const name = ({ guide, item }: { readonly guide: string; readonly item: string }) => `${guide}: ${item}`

const told = (to: 1 | 5) => forPeople(to).map(name)

/** The numbers of each alert, and where they come from: a guide's own words, or why they are so. */
const NUMBERS: readonly (readonly [id: AlertId, source: string, condition: string])[] = [
  ['success_rate_low', 'agent-migration: alert <95%/5 min', '< 0.95 in 300 s for 300 s'],
  ['no_runs', 'agent-migration: zero jobs 5 min', '< 1 in 300 s for 300 s'],
  ['duplicates', 'agent-migration: duplicates >0', '> 0 in 300 s for 0 s'],
  ['tick_latency_high', 'agent-migration: alert >5 s', '> 5 in 300 s for 300 s'],
  ['store_errors', 'agent-migration: alert >1%/5 min', '> 0.01 in 300 s for 300 s'],
  ['error_rate_high', 'posts-optimization: error >5%', '> 0.05 in 300 s for 300 s'],
  ['run_duration_high', 'posts-optimization: time >5 s', '> 5 in 300 s for 300 s'],
  ['store_connections_high', 'posts-optimization: DB conns >80%', '> 0.8 in 300 s for 300 s'],
  ['cache_hits_low', 'posts-optimization: cache hit <70%', '< 0.7 in 3600 s for 0 s'],
  ['success_rate_critical', 'the rollback of the queues guide under 80 %', '< 0.8 in 3600 s for 0 s'],
  ['throughput_low', 'queues-monitoring: about 30/min', '< 30 in 3600 s for 0 s'],
  ['item_duration_high', 'queues-monitoring: 2-5 s', '> 5 in 300 s for 300 s'],
  ['cpu_high', 'queues-monitoring: CPU 20-40/60-80/>80 %', '> 0.8 in 300 s for 300 s'],
  ['memory_high', 'as cpu_high, of what the instance has', '> 0.8 in 300 s for 300 s'],
  ['start_slow', 'services-deployment: start <10 s', '> 10 in 300 s for 0 s'],
  ['runs_fail_daily', 'agent-migration: alert <95%', '< 0.95 in 86400 s for 0 s'],
  ['ticks_missing', 'lines may be ten minutes late, a tick may come every ten', '< 1 in 600 s for 300 s'],
  [
    'watch_silent',
    'a look every five minutes, lines ten minutes late, time for the first look',
    '< 1 in 900 s for 360 s',
  ],
  ['jobs_overdue', 'two looks of the watch', '> 0.5 in 600 s for 60 s'],
  ['clock_skew', 'once is too often', '> 0 in 300 s for 0 s'],
  ['job_damaged', 'once is too often', '> 0 in 300 s for 0 s'],
  ['holders_dying', 'two deaths are a deploy that went wrong', '> 2 in 1800 s for 0 s'],
  ['ticks_refused', 'two calls are a stray', '> 2 in 600 s for 600 s'],
  ['server_errors', 'as error_rate_high', '> 0.05 in 300 s for 300 s'],
]

/** What goes wrong with ticks and claims that no guide could know of. */
const OF_OUR_OWN = [
  'runs_fail_daily',
  'ticks_missing',
  'jobs_overdue',
  'watch_silent',
  'clock_skew',
  'job_damaged',
  'holders_dying',
  'ticks_refused',
  'server_errors',
]

describe('what the guides ask for', () => {
  it('is seen to by gate, alert or people, each thing by exactly one of them', () => {
    expect(CRITERIA.map(name).toSorted()).toEqual(asked.criteria.map(name).toSorted())
    expect(new Set(CRITERIA.map(name)).size).toBe(CRITERIA.length)
  })

  it('names lines of a gate that exist, and every line answers to a guide', () => {
    const named = CRITERIA.flatMap((one) => (one.by === 'gate' ? one.lines : []))
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(CHECKS).toSorted())
    expect(CRITERIA.filter((one) => one.by === 'gate' && one.lines.length === 0)).toEqual([])
  })

  it('names alerts that exist, and every alert answers to a guide, or to what a guide could not know', () => {
    const named = CRITERIA.flatMap((one) => (one.by === 'alert' ? one.alerts : []))
    expect([...new Set(named), ...OF_OUR_OWN].toSorted()).toEqual(Object.keys(ALERTS).toSorted())
  })

  it.each(NUMBERS)('keeps the numbers of %s: %s', (id, source, condition) => {
    const { compare, threshold, window_seconds, for_seconds } = ALERTS[id]
    expect(`${compare} ${threshold} in ${window_seconds} s for ${for_seconds} s`).toBe(condition)
    const [guide, said] = source.split(': ')
    const told = asked.criteria.filter((one) => one.guide.startsWith(guide ?? ''))
    if (said !== undefined) expect(told.some(({ required }) => required.includes(said))).toBe(true)
  })

  it('keeps numbers for every alert', () => {
    expect(NUMBERS.map(([id]) => id).toSorted()).toEqual(Object.keys(ALERTS).toSorted())
  })

  it('tells people what to do, before the gate that it belongs to', () => {
    const first = told(1)
    expect(first).toContain('posts-optimization: config')
    expect(first).toContain('agent-migration: st0 checks')
    expect(first).not.toContain('agent-migration: fail 1')
    expect(told(5)).toContain('agent-migration: fail 1')
    expect(told(5)).not.toContain('agent-migration: st0 checks')
    for (const { act } of forPeople(1)) expect(act).toMatch(/^[A-Z].{20,}\.$/)
  })
})
