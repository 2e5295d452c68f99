import type { Attempt, Run } from '../../functions/job/run.ts'
import type { Watch } from './watch.ts'
import { CALM_MS, type World } from './world.ts'

/** No attempt may have begun so long before the end, and its run not have ended, in ms. */
const LONG_AGO = 120_000

/**
 * After the calm: what is old has ended, the poisoned as failed, the damaged is set aside, and backfills have performed all
 * that they were made for. `longest` is how long something may wait, in ms.
 */
export function judgeTheEnd({ watch }: World, end: number, longest: number): void {
  if (watch.job('damaged')?.status !== 'damaged') watch.violate(8, 'the damaged job is not set aside')
  for (const run of watch.runs()) {
    const ended = run.finished_at !== null || run.job === 'damaged' || waitsFor(watch, run, end - longest)
    const { started_at } = run.attempts.at(-1) ?? run
    if (!ended && started_at < end - LONG_AGO) watch.violate(8, `${run.id} has not ended`)
    if (run.job !== 'poisoned') continue
    if (run.status === 'succeeded') watch.violate(8, `${run.id} succeeded`)
    if (run.attempts.length > 3) watch.violate(8, `${run.id} had ${run.attempts.length} attempts`)
  }
  judgeBackfills(watch)
  judgeCompany(watch, end - CALM_MS)
}

/** The legacy path tries again after five minutes: such a retry may lie behind the end of the world. */
function waitsFor(watch: Watch, run: Run, late: number): boolean {
  const entry = watch.job(run.job)?.entries.find((one) => one.run === run.id)
  return entry?.state === 'retry' && entry.until > late
}

/** Since the calm no last chance died in one tick with a poisoned run that had killed a process before. */
function judgeCompany(watch: Watch, calm: number): void {
  const suspectsOf = ({ attempts }: Run) => attempts.slice(1).filter(({ started_at }) => started_at > calm)
  const killers = watch.runs().filter(({ job }) => job === 'poisoned')
  const deadly = new Set(killers.flatMap(suspectsOf).map(({ owner }) => owner))
  for (const run of watch.runs().filter(({ job, status }) => job !== 'poisoned' && status === 'failed')) {
    const [before, last] = run.attempts.slice(-2)
    if (before === undefined || last === undefined || last.started_at <= calm) continue
    if (isSudden(before) && isSudden(last) && deadly.has(last.owner))
      watch.violate(8, `${run.id} has lost its last chance to a poisoned run`)
  }
}

function isSudden({ outcome, error }: Attempt): boolean {
  return outcome === 'lost' && error !== null && error.includes('did not come back')
}

function judgeBackfills(watch: Watch): void {
  for (const job of watch.jobs().filter(({ kind }) => kind === 'backfill')) {
    const waits = job.entries.some(({ state }) => state === 'retry')
    if (job.next_run_at !== null && !waits) watch.violate(8, `${job.name} has not come to its end`)
    for (const at of watch.skippedOf(job.name)) watch.violate(2, `${job.name} leaves out ${String(at)}`)
  }
}
