import { describe, expect, test } from 'vitest'
import { auditChange } from '../../../functions/admin/audit.ts'
import type { TickoverError } from '../../../functions/errors.ts'
import { pause, unpause } from '../../../functions/job/definition.ts'
import { manualRunId, runId } from '../../../functions/job/job.ts'
import { parseRun } from '../../../functions/job/parse.ts'
import type { Run } from '../../../functions/job/run.ts'
import { toFields } from '../../../functions/job/stored.ts'
import { runRef } from '../../../functions/lease/held.ts'
import { releaseLease } from '../../../functions/lease/release.ts'
import type { Documents } from '../../../functions/store/documents.ts'
import type { Context, JobOptions } from '../../../functions/target/handler.ts'
import { type Triggered, trigger, type Wish } from '../../../functions/tick/trigger.ts'
import { type Fresh, minutely, type Process, START, setup } from '../../support/engine.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const WHEN_IT_FELL_DUE = START + MINUTE

/** One job that works for `ms`, heeding its signal, and what it did: the runs that it began, and the most at once. */
async function yard(ms = 0, options: Partial<JobOptions<unknown>> = {}) {
  const begun: string[] = []
  const living = new Set<string>()
  let most = 0
  const work = async ({ run, signal }: Context<unknown>) => {
    begun.push(run)
    most = Math.max(most, living.add(run).size)
    await fresh.clock.sleep(ms, signal)
    living.delete(run)
    signal.throwIfAborted()
    return 'done'
  }
  const fresh: Fresh = await setup([minutely('job', work, options)])
  let asked = 0
  const wish = (): Wish => {
    const run = manualRunId('job', `m${asked++}`)
    const entry = {
      action: 'job_triggered',
      actor: 'ana',
      subject: 'job',
      reason: '',
      before: null,
      after: null,
    }
    const also = (at: number) => [auditChange(`audit ${run}`, { ...entry, at })]
    return { job: 'job', run, asked: { by: 'manual', user: 'ana' }, also }
  }
  const ask = ({ engine }: Process = fresh, wanted = wish()) => trigger(engine, wanted)
  return { fresh, begun, most: () => most, wish, ask, asking: (by?: Process) => fresh.passing(ask(by)) }
}

async function storedRun(store: Documents, id: string): Promise<Run | null> {
  const found = (await store.get([runRef(id)])).value[0]
  const run = found ? parseRun(found.fields) : null
  return run?.ok === true ? run.value : null
}

function codes(settled: readonly PromiseSettledResult<Triggered>[]): string[] {
  return settled
    .map((one) => (one.status === 'fulfilled' ? one.value.run.status : (one.reason as TickoverError).code))
    .toSorted()
}

const refused = (code: string) => expect.objectContaining({ code })

describe('a trigger', () => {
  test('runs the job now, says who asked, and leaves the schedule where it was', async () => {
    const { fresh, asking, begun } = await yard()
    const { isOver, run } = await asking()
    expect([isOver, run.status, run.result]).toEqual([true, 'succeeded', '"done"'])
    expect(run).toMatchObject({ triggered_by: 'manual', triggered_by_user: 'ana', lateness_ms: 0 })
    expect(begun).toEqual([run.id])
    expect(await fresh.job('job')).toMatchObject({ next_run_at: START + MINUTE, entries: [] })
  })

  test('is told in the audit by the very commit that claims', async () => {
    const { fresh, asking } = await yard()
    await asking()
    const claim = fresh.documents.asked[0]?.map(({ ref }) => ref.collection)
    expect(claim).toEqual(['scheduler_jobs', 'scheduler_runs', 'scheduler_audit'])
  })

  test('does not take the place of an occurrence that is due: that runs as well', async () => {
    const { fresh, asking, begun } = await yard()
    await fresh.clock.advanceTo(WHEN_IT_FELL_DUE)
    await asking()
    await fresh.passing(fresh.tick())
    expect(begun).toEqual(['job:m0', runId('job', WHEN_IT_FELL_DUE)])
  })

  test('runs a paused job, whose retry then waits for the end of the pause', async () => {
    const { fresh, asking, begun } = await yard(MINUTE, { policies: { timeout_seconds: 5 } })
    await fresh.edit('job', toFields(pause(await fresh.job('job'), START)))
    expect((await asking()).run.status).toBe('retry')
    await fresh.clock.advance(10 * MINUTE)
    await fresh.passing(fresh.tick())
    expect(begun).toHaveLength(1)
    await fresh.edit('job', toFields(unpause(await fresh.job('job'), fresh.clock.now()).job))
    await fresh.passing(fresh.tick())
    expect(begun.slice(0, 2)).toEqual(['job:m0', 'job:m0'])
  })

  test('takes the slot of a holder that is past its lease, and only then', async () => {
    const { fresh, ask, asking, begun } = await yard(10 * MINUTE, { policies: { timeout_seconds: 3600 } })
    const dead = fresh.beside({ settings: { lease_seconds: 30 } })
    dead.documents.commits.push('reply_lost')
    dead.documents.reads.push(() => {}, 'unreachable')
    await expect(ask(dead)).rejects.toEqual(refused('store_unreachable'))
    await expect(asking()).rejects.toEqual(refused('already_running'))
    await fresh.clock.advance(31 * SECOND)
    // The dead run waits for its next attempt, and keeps its slot for that.
    await expect(asking()).rejects.toEqual(refused('already_running'))
    expect((await fresh.job('job')).entries).toMatchObject([{ run: 'job:m0', state: 'retry' }])
    expect(begun).toEqual([])
  })
})

describe('who asks at the same time', () => {
  test('for the one slot gets one run, and the other is refused', async () => {
    const { fresh, ask, begun } = await yard(5 * SECOND)
    const other = fresh.beside()
    const both = Promise.allSettled([ask(), ask(other)])
    expect(codes(await fresh.passing(both))).toEqual(['already_running', 'succeeded'])
    expect(begun).toHaveLength(1)
  })

  test('for two slots gets two runs', async () => {
    const { fresh, ask, begun } = await yard(5 * SECOND, { policies: { max_instances: 2 } })
    const both = Promise.allSettled([ask(), ask(fresh.beside())])
    expect(codes(await fresh.passing(both))).toEqual(['succeeded', 'succeeded'])
    expect(new Set(begun).size).toBe(2)
  })

  test.each([0, 1, 2, 3, 4])(
    'as a tick claims never shares the slot with it (%i ms later)',
    async (later) => {
      const { fresh, ask, begun, most } = await yard(5 * SECOND)
      await fresh.clock.advanceTo(WHEN_IT_FELL_DUE)
      const ticking = fresh.beside()
      ticking.documents.reads.push(() => fresh.clock.sleep(later))
      fresh.documents.reads.push(() => fresh.clock.sleep(2))
      const occurrence = runId('job', WHEN_IT_FELL_DUE)
      const [asked] = await fresh.passing(Promise.allSettled([ask(), ticking.tick()]))
      await fresh.passing(fresh.tick())
      expect(begun.filter((run) => run === occurrence)).toHaveLength(1)
      expect(begun.includes('job:m0')).toBe(asked.status === 'fulfilled')
      expect(most()).toBe(1)
    },
  )
})

describe('how long a request waits', () => {
  test('is 240 s: then it is told that the run goes on, which it does', async () => {
    const { fresh, ask } = await yard(5 * MINUTE, { policies: { timeout_seconds: 600 } })
    const asked = ask()
    let answered: Triggered | null = null
    void asked.then((answer) => (answered = answer))
    await fresh.clock.advance(239 * SECOND)
    expect(answered).toBeNull()
    await fresh.clock.advance(2 * SECOND)
    expect(answered).toMatchObject({ isOver: false, run: { id: 'job:m0', status: 'running' } })
    await fresh.clock.advance(MINUTE)
    expect(await storedRun(fresh.store, 'job:m0')).toMatchObject({ status: 'succeeded' })
  })

  test('ends with the first attempt, whatever comes after it', async () => {
    const { fresh, wish } = await yard(MINUTE, { policies: { timeout_seconds: 5 } })
    const { isOver, run } = await fresh.passing(trigger(fresh.engine, wish()))
    expect([isOver, run.status, run.attempts.length]).toEqual([true, 'retry', 1])
  })

  test('ends when the process is told to stop: the attempt is given back, and counts for nothing', async () => {
    const { fresh, ask } = await yard(MINUTE)
    const asked = ask()
    await fresh.clock.advance(SECOND)
    fresh.stop()
    expect(await fresh.passing(asked)).toMatchObject({ isOver: true, run: { status: 'retry' } })
    expect((await fresh.job('job')).entries).toMatchObject([{ state: 'retry', attempt: 0, give_backs: 1 }])
    await expect(ask()).rejects.toEqual(refused('stopping'))
  })

  test('ends with what an operator made of it, when its lease is released meanwhile', async () => {
    const { fresh, ask, begun } = await yard(10 * MINUTE, {
      policies: { timeout_seconds: 3600, max_attempts: 1 },
    })
    const asked = ask()
    await fresh.clock.advance(SECOND)
    await releaseLease(fresh.store, 'job', { run: null, why: 'hangs', also: () => [] })
    const { run } = await fresh.passing(asked)
    expect([run.status, run.error]).toEqual(['failed', 'hangs'])
    expect(begun).toHaveLength(1)
  })
})

describe('a store that fails', () => {
  test('at the first look, or at the claim, starts nothing', async () => {
    const { fresh, ask, begun } = await yard()
    fresh.documents.reads.push('unreachable')
    await expect(ask()).rejects.toEqual(refused('store_unreachable'))
    fresh.documents.commits.push('unreachable')
    await expect(ask()).rejects.toEqual(refused('store_unreachable'))
    expect([begun, (await fresh.job('job')).entries]).toEqual([[], []])
  })

  test.each(['reply_lost', 'conflict_after_success', 'never_arrived'] as const)(
    'by %s at the claim still runs it once',
    async (mishap) => {
      const { fresh, asking, begun } = await yard()
      fresh.documents.commits.push(mishap)
      expect((await asking()).run.status).toBe('succeeded')
      expect(begun).toHaveLength(1)
    },
  )

  test('while the attempt ends is waited for: the run is settled once', async () => {
    const { fresh, ask, begun } = await yard(SECOND)
    fresh.documents.commits.push(() => {}, 'unreachable', 'unreachable', 'reply_lost')
    expect((await fresh.passing(ask())).run).toMatchObject({
      status: 'succeeded',
      attempts: [{ attempt: 1 }],
    })
    expect(begun).toHaveLength(1)
    expect((await fresh.job('job')).totals).toMatchObject({ runs: 1, succeeded: 1 })
  })

  test('at the last look leaves the run as it is, and says that nothing is known', async () => {
    const { fresh, ask } = await yard(SECOND)
    fresh.documents.reads.push(() => {}, 'unreachable')
    await expect(fresh.passing(ask())).rejects.toEqual(refused('store_unreachable'))
    expect(await storedRun(fresh.store, 'job:m0')).toMatchObject({ status: 'succeeded' })
  })

  test('so that a claim comes after it was given up gives no run two entries', async () => {
    const { fresh, wish, begun } = await yard(0, { policies: { max_instances: 2 } })
    fresh.documents.commits.push('never_arrived', 'never_arrived', 'never_arrived')
    const arrives = async () => {
      await fresh.store.commit(fresh.documents.asked[0] ?? [])
    }
    fresh.documents.reads.push(...[1, 2, 3, 4].map(() => () => {}), arrives)
    await expect(fresh.passing(trigger(fresh.engine, wish()))).rejects.toThrow(
      'The claim of job:m0 came late',
    )
    expect((await fresh.job('job')).entries).toHaveLength(1)
    // It is taken up when its lease has run out, as after a crash.
    await fresh.clock.advance(61 * SECOND)
    await fresh.passing(fresh.tick())
    expect(begun.filter((run) => run === 'job:m0')).toHaveLength(1)
  })
})

describe('what is not run here', () => {
  test('is a job that is not there, one that others report, and any while this clock is off', async () => {
    const { fresh, ask, wish } = await yard()
    await expect(trigger(fresh.engine, { ...wish(), job: 'none' })).rejects.toEqual(refused('not_found'))
    await fresh.edit('job', { kind: 'reported' })
    await expect(ask()).rejects.toEqual(refused('not_owner'))
    const off = await setup([minutely('job', async () => null)], { ahead_ms: 60 * SECOND })
    await expect(off.passing(trigger(off.engine, wish()))).rejects.toEqual(refused('clock_skew'))
    expect((await off.job('job')).entries).toEqual([])
  })
})
