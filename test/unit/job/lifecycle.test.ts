import { describe, expect, test } from 'vitest'
import type { Entry, Job } from '../../../functions/job/job.ts'
import {
  bury,
  type HolderEvent,
  hear,
  isSpentByGiveBack,
  owe,
  remove,
  resume,
  start,
} from '../../../functions/job/lifecycle.ts'
import { LEASE, MINUTE, minutes, newMinutely, only, T0 } from './fixtures.ts'

const at = (minute: number) => T0 + minute * MINUTE

/** A job whose run `r` is held by the fence 1 since minute 1, until minute 6. */
function held(policies: Parameters<typeof newMinutely>[0] = {}): Job {
  return start(newMinutely(policies), 'r', at(1), { owner: 'a', path: 'tick', now: at(1) }, at(1) + LEASE)
}

function begin(job: Job, run: string, minute: number, until = minute + 5): Job {
  return start(job, run, at(minute), { owner: 'a', path: 'tick', now: at(minute) }, at(until))
}

function stretch(job: Job): (number | null)[] {
  return [minutes(job.full_since), minutes(job.full_until)]
}

const EVENTS: Record<HolderEvent['kind'], HolderEvent> = {
  renew: { kind: 'renew', until: at(9) },
  succeed: { kind: 'succeed' },
  fail: { kind: 'fail', error: 'no' },
  retry: { kind: 'retry', error: 'no', at: at(4) },
  give_back: { kind: 'give_back' },
  abandon: { kind: 'abandon', error: 'unresponsive' },
  await: { kind: 'await', until: at(9), token: 'hash' },
}

/** What an event makes of a running entry; null: it leaves. What is not named stays. */
const FROM_RUNNING: Record<HolderEvent['kind'], Partial<Entry> | null> = {
  renew: { until: at(9) },
  succeed: null,
  fail: null,
  retry: { state: 'retry', until: at(4), token: null },
  give_back: { state: 'retry', until: at(2), attempt: 0, give_backs: 1 },
  abandon: { trouble: 'unresponsive' },
  await: { state: 'callback', until: at(9), token: 'hash' },
}

/** Who may speak: only the holder of a running entry, by its fence. */
const STATES = {
  'running, its own fence': { job: held(), fence: 1, heard: true },
  'running, an older fence': {
    job: { ...held(), entries: [{ ...only(held()), fence: 2 }] },
    fence: 1,
    heard: false,
  },
  'running, a newer fence': { job: held(), fence: 2, heard: false },
  'behind a target that took it, its own fence': {
    job: hear(held(), 'r', 1, EVENTS.await, at(1))!,
    fence: 1,
    heard: true,
  },
  'retry, its last fence': { job: hear(held(), 'r', 1, EVENTS.retry, at(2))!, fence: 1, heard: false },
  gone: { job: remove(held(), 'r', at(2)), fence: 1, heard: false },
  'never begun': { job: newMinutely(), fence: 0, heard: false },
  'owed, the fence it carries': { job: owe(newMinutely(), 'r', at(1), at(1)), fence: 0, heard: false },
}

describe.each(Object.entries(STATES))('a holder of an entry that is %s', (_state, { job, fence, heard }) => {
  test.each(Object.values(EVENTS))(heard ? 'is heard: $kind' : 'has lost: $kind', (event) => {
    const after = hear(job, 'r', fence, event, at(2))
    if (!heard) return expect(after).toBeNull()
    const change = FROM_RUNNING[event.kind]
    expect(after?.entries).toEqual(change === null ? [] : [{ ...only(job), ...change }])
    expect(after?.fence).toBe(job.fence)
  })
})

describe('fences', () => {
  test('each attempt gets the next one, whichever run it is of', () => {
    const two = begin(begin(newMinutely({ max_instances: 2 }), 'r', 1), 's', 2)
    const again = resume(
      hear(two, 'r', 1, EVENTS.retry, at(3))!,
      'r',
      { owner: 'b', path: 'tick', now: at(4) },
      at(9),
    )
    expect(two.entries.map(({ fence }) => fence)).toEqual([1, 2])
    expect(again.entries.map(({ run, fence, owner, attempt }) => [run, fence, owner, attempt])).toEqual([
      ['r', 3, 'b', 2],
      ['s', 2, 'a', 1],
    ])
    expect(again.fence).toBe(3)
  })

  test('a run that is owed has none of its own until its first attempt, which counts as the first', () => {
    const owed = owe(begin(newMinutely({ max_instances: 2 }), 'r', 1), 's', at(2), at(3))
    expect(owed.entries[1]).toMatchObject({ state: 'retry', attempt: 0, until: at(3), began_at: at(3) })
    const begun = resume(owed, 's', { owner: 'b', path: 'tick', now: at(4) }, at(9))
    expect(begun.entries[1]).toMatchObject({ state: 'running', attempt: 1, fence: 2, began_at: at(4) })
  })

  test('a later attempt keeps the instant at which the first began', () => {
    const again = resume(
      hear(held(), 'r', 1, EVENTS.retry, at(2))!,
      'r',
      { owner: 'b', path: 'tick', now: at(4) },
      at(9),
    )
    expect(only(again).began_at).toBe(at(1))
  })
})

function giveBack(job: Job): Job {
  return hear(job, 'r', only(job).fence, { kind: 'give_back' }, at(2))!
}

function takeUp(job: Job): Job {
  return resume(job, 'r', { owner: 'b', path: 'tick', now: at(3) }, at(8))
}

describe('giving back', () => {
  test('the first two are no attempts, the third is one, and then it starts over', () => {
    let job = held()
    const attempts: number[] = []
    for (let n = 0; n < 6; n++) {
      job = takeUp(giveBack(job))
      attempts.push(only(job).attempt)
    }
    expect(attempts).toEqual([1, 1, 2, 2, 2, 3])
  })

  test('only the third uses up a last attempt', () => {
    const spent = [0, 1, 2].map((give_backs) => isSpentByGiveBack({ ...only(held()), give_backs }, 1))
    expect(spent).toEqual([false, false, true])
    expect(isSpentByGiveBack({ ...only(held()), give_backs: 2 }, 2)).toBe(false)
  })
})

describe('a holder that died', () => {
  test('leaves a run that waits for its next attempt, or, out of attempts, no run', () => {
    const retried = bury(held(), only(held()))
    expect(only(retried)).toEqual({ ...only(held()), state: 'retry', died: true })
    const last = held({ max_attempts: 1 })
    expect(bury(last, only(last)).entries).toEqual([])
  })

  test('makes the next attempt a suspect, until its holder has a word to say', () => {
    const begun = takeUp(bury(held(), only(held())))
    expect(only(begun).died).toBe(true)
    for (const kind of ['retry', 'give_back'] as const)
      expect(only(hear(begun, 'r', 2, EVENTS[kind], at(4))!).died).toBe(false)
  })

  test('behind a target that had taken its run is no suspect', () => {
    const taken = hear(takeUp(bury(held(), only(held()))), 'r', 2, EVENTS.await, at(4))!
    expect(only(takeUp(bury(taken, only(taken)))).died).toBe(false)
  })

  test('after an attempt that was abandoned, the next one begins without its trouble', () => {
    const left = hear(held(), 'r', 1, EVENTS.abandon, at(2))!
    const again = resume(bury(left, only(left)), 'r', { owner: 'b', path: 'tick', now: at(6) }, at(11))
    expect(only(again)).toMatchObject({ state: 'running', attempt: 2, trouble: null })
  })
})

describe('the stretch in which no slot is free', () => {
  test('begins with the last slot and ends with the first that is free again', () => {
    const one = begin(newMinutely({ max_instances: 2 }), 'r', 1)
    const two = begin(one, 's', 2)
    expect([stretch(one), stretch(two)]).toEqual([
      [null, null],
      [2, null],
    ])
    expect(stretch(remove(two, 'r', at(4)))).toEqual([2, 4])
    expect(stretch(begin(remove(two, 'r', at(4)), 't', 5))).toEqual([5, null])
  })

  test('lasts through a retry: the run keeps its slot while it waits', () => {
    const waiting = hear(held(), 'r', 1, EVENTS.retry, at(2))!
    expect(stretch(resume(waiting, 'r', { owner: 'a', path: 'tick', now: at(4) }, at(9)))).toEqual([1, null])
  })

  test('ends when a holder’s lease ran out, whenever that is found, and begins anew with the next attempt', () => {
    const found = bury(held(), only(held()))
    expect(stretch(found)).toEqual([1, 6])
    expect(stretch(resume(found, 'r', { owner: 'b', path: 'tick', now: at(8) }, at(13)))).toEqual([8, null])
    const last = held({ max_attempts: 1 })
    expect(stretch(bury(last, only(last)))).toEqual([1, 6])
  })

  test('ends at the earliest lease of several holders that died', () => {
    const two = begin(begin(newMinutely({ max_instances: 2 }), 'r', 1, 9), 's', 2, 6)
    const [first, second] = two.entries as [Entry, Entry]
    expect(stretch(bury(bury(two, first), second))).toEqual([2, 6])
    expect(stretch(bury(bury(two, second), first))).toEqual([2, 6])
  })

  test('ends at the earliest lease also when the one who died first has no attempt left', () => {
    const two = begin(begin(newMinutely({ max_instances: 2, max_attempts: 2 }), 'r', 1, 9), 's', 2, 6)
    const [first, second] = two.entries as [Entry, Entry]
    expect(stretch(bury(bury(two, first), { ...second, attempt: 2 }))).toEqual([2, 6])
  })

  test('has ended with the first holder that died, whatever becomes of the others after it', () => {
    const two = begin(begin(newMinutely({ max_instances: 2 }), 'r', 1, 6), 's', 2, 9)
    const found = bury(two, two.entries[0]!)
    expect(stretch(remove(found, 's', at(8)))).toEqual([2, 6])
  })

  test('is not touched by a slot that is not the last', () => {
    const job = begin(newMinutely({ max_instances: 3 }), 'r', 1)
    expect(stretch(bury(job, only(job)))).toEqual([null, null])
  })
})
