import { describe, expect, it } from 'vitest'
import { ALERTS } from '../../../functions/rollout/alerts.ts'
import { CRITERIA, forPeople } from '../../../functions/rollout/criteria.ts'
import { CHECKS } from '../../../functions/rollout/gate/checks.ts'
import asked from '../../systems/criteria.json' with { type: 'json' }

const name = ({ guide, item }: { readonly guide: string; readonly item: string }) => `${guide}: ${item}`

const told = (to: 1 | 5) => forPeople(to).map(name)

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

  it('names alerts that exist, each with one threshold and a window, and every alert answers to a guide', () => {
    const named = CRITERIA.flatMap((one) => (one.by === 'alert' ? one.alerts : []))
    expect([...new Set(named)].toSorted()).toEqual(Object.keys(ALERTS).toSorted())
    for (const alert of Object.values(ALERTS)) {
      expect('above' in alert !== 'below' in alert).toBe(true)
      expect(alert.window_seconds).toBeGreaterThanOrEqual(0)
    }
  })

  it('keeps the thresholds of the agent guide', () => {
    expect(ALERTS.success_rate_low).toMatchObject({ below: 0.95, window_seconds: 300 })
    expect(ALERTS.no_runs).toMatchObject({ below: 1, window_seconds: 300 })
    expect(ALERTS.duplicates).toMatchObject({ above: 0 })
    expect(ALERTS.tick_latency_high).toMatchObject({ above: 5, unit: 'seconds' })
    expect(ALERTS.store_errors).toMatchObject({ above: 0.01, window_seconds: 300 })
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
