import { TickoverError } from '../errors.ts'
import { completeRun } from '../lease/complete.ts'
import type { Settled } from '../lease/settle.ts'
import { COMPLETION, outcomeOfCompletion } from '../target/http/complete.ts'
import { isTokenOf } from '../target/http/run-token.ts'
import { tellSettled } from '../tick/account.ts'
import { check, readBody } from './body.ts'
import type { Deps, Handler } from './surface.ts'

/** What can be the id of a run of an HTTP target. */
const RUN = /^[A-Za-z0-9][A-Za-z0-9._~-]{0,140}[@:][A-Za-z0-9.:+-]{1,60}$/

/** POST /api/runs/:id/complete: the target of an accepted call says how its run ended; the token of that call is its proof. */
export function completionRoutes(deps: Pick<Deps, 'documents' | 'clock' | 'random' | 'emit'>): {
  'POST /api/runs/:id/complete': Handler
} {
  const told = (settled: Settled, now: number) => tellSettled(deps.emit, settled, now)
  return {
    'POST /api/runs/:id/complete': async (c) => {
      const token = c.req.header('x-scheduler-run-token') ?? ''
      const run = c.req.param('id') ?? ''
      if (!/^[\w-]{43}$/.test(token) || !RUN.test(run))
        throw new TickoverError(
          'unauthenticated',
          'Send the run token of the call that was accepted as X-Scheduler-Run-Token.',
        )
      const opens = (hash: string) => isTokenOf(token, hash)
      const read = async () => outcomeOfCompletion(check(COMPLETION, await readBody(c)), token)
      const status = await completeRun({ ...deps, told }, run, opens, read)
      return c.json({ run, status })
    },
  }
}
