import type { Run } from '../../functions/job/run.ts'
import type { Watch } from './watch.ts'
import type { World } from './world.ts'

/** No run may have begun so long before the end, and not have ended, in ms. */
const LONG_AGO = 120_000

/**
 * After the calm: what is old has ended, the poisoned as failed, the damaged is set aside, and backfills have performed all
 * that they were made for. `longest` is how long something may wait, in ms.
 */
export function judgeTheEnd({ watch }: World, end: number, longest: number): void {
  if (watch.job('damaged')?.status !== 'damaged') watch.violate(8, 'the damaged job is not set aside')
  for (const run of watch.runs()) {
    const ended = run.finished_at !== null || run.job === 'damaged' || waitsFor(watch, run, end - longest)
    if (!ended && run.started_at < end - LONG_AGO) watch.violate(8, `${run.id} has not ended`)
    if (run.job !== 'poisoned') continue
    if (run.status === 'succeeded') watch.violate(8, `${run.id} succeeded`)
    if (run.attempts.length > 3) watch.violate(8, `${run.id} had ${run.attempts.length} attempts`)
  }
  judgeBackfills(watch)
}

/** The legacy path tries again after five minutes: such a retry may lie behind the end of the world. */
function waitsFor(watch: Watch, run: Run, late: number): boolean {
  const entry = watch.job(run.job)?.entries.find((one) => one.run === run.id)
  return entry?.state === 'retry' && entry.until > late
}

function judgeBackfills(watch: Watch): void {
  for (const job of watch.jobs().filter(({ kind }) => kind === 'backfill')) {
    const waits = job.entries.some(({ state }) => state === 'retry')
    if (job.next_run_at !== null && !waits) watch.violate(8, `${job.name} has not come to its end`)
    for (const at of watch.skippedOf(job.name)) watch.violate(2, `${job.name} leaves out ${String(at)}`)
  }
}
