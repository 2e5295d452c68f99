import { describe, expect, it } from 'vitest'
import { ALERTS } from '../../../functions/rollout/alerts.ts'
import { CRITERIA, forPeople } from '../../../functions/rollout/criteria.ts'
import { CHECKS } from '../../../functions/rollout/gate/checks.ts'
import asked from '../../systems/criteria.json' with { type: 'json' }

const name = ({ guide, item }: { readonly guide: string; readonly item: string }) => `${guide}: ${item}`

const told = (to: 1 | 5) => forPeople(to).map(name)

/** What goes wrong with ticks and claims that no guide could know of. */
const OF_OUR_OWN = [
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

  it('keeps the thresholds of the agent guide', () => {
    expect(ALERTS.success_rate_low).toMatchObject({ compare: '<', threshold: 0.95, window_seconds: 300 })
    expect(ALERTS.no_runs).toMatchObject({ compare: '<', threshold: 1, window_seconds: 300 })
    expect(ALERTS.duplicates).toMatchObject({ compare: '>', threshold: 0, for_seconds: 0 })
    expect(ALERTS.tick_latency_high).toMatchObject({ compare: '>', threshold: 5 })
    expect(ALERTS.store_errors).toMatchObject({ compare: '>', threshold: 0.01, window_seconds: 300 })
  })

  it('keeps the thresholds of the other guides', () => {
    expect(ALERTS.error_rate_high).toMatchObject({ compare: '>', threshold: 0.05 })
    expect(ALERTS.run_duration_high).toMatchObject({ compare: '>', threshold: 5 })
    expect(ALERTS.cache_hits_low).toMatchObject({ compare: '<', threshold: 0.7 })
    expect(ALERTS.success_rate_critical).toMatchObject({ compare: '<', threshold: 0.8 })
    expect(ALERTS.item_duration_high).toMatchObject({ compare: '>', threshold: 5 })
    expect(ALERTS.throughput_low).toMatchObject({ compare: '<', threshold: 30 })
    for (const id of ['cpu_high', 'memory_high', 'store_connections_high'] as const)
      expect(ALERTS[id]).toMatchObject({ compare: '>', threshold: 0.8 })
    expect(ALERTS.start_slow).toMatchObject({ compare: '>', threshold: 10 })
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
