import { parseJob } from '../job/parse.ts'
import { plan } from '../job/plan.ts'
import { counted } from '../store/counted.ts'
import { withStoreTime } from '../store/time.ts'
import { findDue } from './due.ts'
import type { Engine } from './engine.ts'
import { recordTick, type TickEnd } from './record.ts'
import { newTally } from './report.ts'

/** The most jobs that a survey looks at. */
const MOST = 1_000

/** Any job, whoever has it: a survey claims none. */
const EVERY = { mayClaim: () => true }

/**
 * A tick that claims nothing: it says that it is there, and, with `plan`, plans what is due and reports how many attempts
 * it would make. Rejects with `store_unreachable`.
 */
export async function survey(engine: Engine, lane: string, duty: 'answer' | 'plan'): Promise<TickEnd> {
  const counts = counted(engine.documents, engine.clock)
  const { documents, time } = withStoreTime(counts, engine.clock)
  const id = engine.newId()
  const began = engine.clock.now()
  const tally = newTally()
  engine.emit({ kind: 'tick_started', tick: id, lane })
  if (duty === 'plan') {
    const { jobs, read, now } = await findDue(documents, EVERY, { lane, upTo: time.now(), most: MOST })
    const look = {
      now,
      owner: id,
      path: engine.claimant.path,
      lease_ms: engine.settings.lease_seconds * 1000,
    }
    tally.checked = read
    tally.due = jobs.filter((stored) => {
      const job = parseJob(stored)
      return job.ok && plan(job.value, look).attempt !== null
    }).length
  }
  return recordTick(engine, { id, lane, dwells: false, began, lived_ms: 0, counts, documents, time, tally })
}
