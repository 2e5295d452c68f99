import { z } from 'zod'
import { type Context, defineJob, type JobDefinition } from '../../functions/target/handler.ts'
import type { Told } from './ledger.ts'

type Entry = Pick<Told, 'what' | 'key' | 'idempotency_key'>
type Work = Context<unknown>

const NEVER = new Promise<never>(() => {})

/** Job types for one-off jobs whose attempts report to the ledger at `url`. */
export function tellingJobs(url: string): JobDefinition[] {
  const tell = (context: Work, entry: Entry) => report(url, context, entry)
  const told = (name: string, work: (context: Work) => Promise<unknown>) =>
    defineJob({
      name,
      payload: z.unknown(),
      run: async (context) => {
        await tell(context, { what: 'begun' })
        return work(context)
      },
    })
  return [
    told('quick', async () => null),
    defineJob({ name: 'silent', payload: z.unknown(), run: async () => null }),
    defineJob({
      name: 'effects',
      payload: z.object({ count: z.number() }),
      run: (context) => performEach(context, context.payload.count),
    }),
    told('steps', async (context) => {
      for (const key of ['first', 'second']) await step(context, key, tell)
      await tell(context, { what: 'ended' })
    }),
    told('heeding', async (context) => {
      await interruption(context)
      await tell(context, { what: 'interrupted' })
      throw context.signal.reason
    }),
    told('finishing', async (context) => {
      await interruption(context)
      await tell(context, { what: 'ended' })
    }),
    told('never-ending', () => NEVER),
    told('throwing', async () => {
      throw new Error('This is not my day')
    }),
    told('unstorable', async () => 'x'.repeat(20_000)),
    defineJob({
      name: 'picky',
      payload: z.object({ address: z.email() }),
      run: (context) => tell(context, { what: 'begun' }),
    }),
  ]
}

async function performEach(context: Context<unknown>, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await context.effect(`e${n}`, n, async () => n)
}

/** An effect whose doing and whose record the ledger hears of, each before the next thing happens. */
async function step(
  context: Work,
  key: string,
  tell: (context: Work, entry: Entry) => Promise<void>,
): Promise<void> {
  await context.effect(key, {}, (idempotency_key) =>
    tell(context, { what: 'performed', key, idempotency_key }),
  )
  await tell(context, { what: 'recorded', key })
}

async function report(url: string, context: Work, entry: Entry): Promise<void> {
  const { job, run, attempt, fence } = context
  const body = JSON.stringify({ ...entry, job, run, attempt, fence, pid: process.pid })
  await fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })
}

function interruption({ signal }: Work): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
