import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { type Context, defineJob, type JobDefinition } from '../../functions/target/handler.ts'
import type { Told } from '../support/ledger.ts'

type Work = Context<unknown>
type Entry = Pick<Told, 'what' | 'key' | 'idempotency_key'>

/** The keys of the effects that each run of a job has. */
export const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  pair: ['first', 'second'],
  note: ['only'],
}

/** A holder that was stalled is followed at once. */
const AT_ONCE = { base_seconds: 0, factor: 1, cap_seconds: 0, jitter: 0 }

const nothing = async () => null

/** Jobs that run all the while, and types of one-off jobs. What they do outside, they do at the ledger at `url`. */
export function rehearsedJobs(url: string): JobDefinition[] {
  const tell = (context: Work, entry: Entry) => report(url, context, entry)
  const payload = z.unknown()
  const effects = async (context: Work) => {
    for (const key of EFFECTS[context.job] ?? ['only'])
      await context.effect(
        key,
        {},
        (idempotency_key) => tell(context, { what: 'performed', key, idempotency_key }),
        {
          shadow: undefined,
        },
      )
  }
  return [
    defineJob({ name: 'second', lane: 'high', schedule: '@every 1s', payload, run: nothing }),
    defineJob({ name: 'five', lane: 'high', schedule: '@every 5s', payload, run: nothing }),
    defineJob({
      name: 'slow',
      lane: 'high',
      schedule: '@every 10s',
      payload,
      run: ({ signal }) => wait(3_000, null, { signal }),
    }),
    defineJob({
      name: 'pair',
      lane: 'high',
      schedule: '@every 1s',
      payload,
      policies: { shadow: 'run' },
      run: effects,
    }),
    defineJob({ name: 'plain', lane: 'low', schedule: '@every 3s', payload, run: nothing }),
    defineJob({ name: 'note', lane: 'low', payload, run: effects }),
    defineJob({
      name: 'heeding',
      lane: 'low',
      payload,
      run: async (context) => {
        await tell(context, { what: 'begun' })
        await wait(3_000, null, { signal: context.signal })
      },
    }),
    defineJob({
      name: 'stubborn',
      lane: 'low',
      payload,
      policies: { retry: AT_ONCE },
      run: async (context) => {
        await tell(context, { what: 'begun' })
        await wait(2_000)
        await tell(context, { what: 'ended' })
      },
    }),
  ]
}

async function report(url: string, { job, run, attempt, fence }: Work, entry: Entry): Promise<void> {
  const body = JSON.stringify({ ...entry, job, run, attempt, fence, pid: process.pid })
  await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}
