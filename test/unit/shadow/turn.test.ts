import { describe, expect, test } from 'vitest'
import type { Path } from '../../../functions/rollout/stage.ts'
import { intents, seen, verdicts } from './fixtures.ts'

const OLD = { payload_hash: 'old' } as const
const NEW = { payload_hash: 'new' } as const
type Payload = typeof OLD | typeof NEW

/** Runs of one path, a minute apart, with these payloads. */
const runs = (path: Path, payloads: readonly Payload[]) =>
  payloads.map((payload, n) => seen(path, n + 1, payload))

const judged = (live: readonly Payload[], shadow: readonly Payload[]) =>
  verdicts({ live: runs('legacy', live), shadow: runs('tick', shadow) })

describe('a payload that is changed between the two starts of one run', () => {
  test('is no difference, whichever side had the old one', () => {
    const late = ['match', 'ignored redefined', 'match']
    expect(judged([OLD, NEW, NEW], [OLD, OLD, NEW])).toEqual(late)
    expect(judged([OLD, OLD, NEW], [OLD, NEW, NEW])).toEqual(late)
  })

  test('is one as long as no run after it shows that both sides have it', () => {
    expect(judged([OLD, NEW], [OLD, OLD])).toEqual(['match', 'intents_differ'])
    expect(judged([NEW, NEW], [OLD, NEW])).toEqual(['intents_differ', 'match'])
  })

  test('is one where one side goes on with the old one, or comes back to it', () => {
    expect(judged([OLD, NEW, NEW], [OLD, OLD, OLD])).toEqual(['match', 'intents_differ', 'intents_differ'])
    expect(judged([OLD, NEW, OLD], [OLD, OLD, OLD])).toEqual(['match', 'intents_differ', 'match'])
  })
})

test('the effects of a run that failed on one side alone are not compared: that follows from its end', () => {
  const failed = { status: 'failed', intents: intents('nothing') } as const
  expect(verdicts({ live: [seen('legacy', 1)], shadow: [seen('tick', 1, failed)] })).toEqual([
    'outcome_differs',
  ])
  expect(verdicts({ live: [seen('legacy', 1, failed)], shadow: [seen('tick', 1)] })).toEqual([
    'outcome_differs',
  ])
})
