import type { Entry } from '../../functions/job/job.ts'

/** Every step of an entry's life, and of a job's, that a simulation has to take. */
export const TRANSITIONS = [
  'attempt by tick',
  'attempt by legacy',
  'handed over',
  'changed in shadow',
  'none -> running',
  'none -> running (asked for)',
  'none -> running (asked for, at a stage of the other path)',
  'none -> running (asked for, while paused)',
  'none -> running (backfill)',
  'none -> retry',
  'running renewed',
  'running abandoned',
  'running -> retry',
  'running -> retry (given back)',
  'running -> retry (released)',
  'running -> callback',
  'retry -> running',
  'running -> gone',
  'running -> gone (released)',
  'running -> running (crashed, taken over)',
  'callback -> gone',
  'callback -> retry',
  'callback -> retry (released)',
  'callback -> running',
  'override kept by a registration',
  'deleted',
  'deleted with a waiting run',
] as const

/** What happened to an entry from one commit to the next. */
export function stepOf(was: Entry | undefined, is: Entry): string {
  if (was === undefined) return `none -> ${is.state}`
  if (was.state === 'running' && is.state === 'running') {
    if (was.fence !== is.fence) return 'running -> running (crashed, taken over)'
    if (was.trouble !== is.trouble) return 'running abandoned'
    return was.until === is.until ? 'unchanged' : 'running renewed'
  }
  if (was.state === is.state) return 'unchanged'
  const givenBack = is.state === 'retry' && is.give_backs !== was.give_backs
  return `${was.state} -> ${is.state}${givenBack ? ' (given back)' : ''}`
}
