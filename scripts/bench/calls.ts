import { openStoreLine } from '../../test/support/store-line.ts'
import { documentsRead, purposeOf } from '../../test/support/wire.ts'
import { atMost, type Bench } from './bar.ts'
import { database, engineOn, fill, noop, tickOn } from './lane.ts'

const JOBS = 100

/** How many calls a batch of 100 due jobs takes on the wire, and how many documents. */
export function calls(host: string): Bench {
  return {
    name: 'calls',
    shows: 'store calls and documents of a batch of 100 due jobs, counted on the wire',
    run: async () => {
      const line = await openStoreLine(host)
      const { documents } = database(line.host)
      await fill(documents, JOBS)
      const before = line.calls.length
      await tickOn(engineOn(documents, JOBS, [noop()]))
      const made = line.calls.slice(before).filter((call) => purposeOf(call) !== 'tick')
      await documents.close()
      await line.close()
      const purposes = made.map(purposeOf)
      const upToSettle = purposes.slice(0, purposes.lastIndexOf('settle') + 1)
      const read = made.reduce((sum, call) => sum + documentsRead(call), 0) / JOBS
      const written = made.reduce((sum, { request }) => sum + (request.writes?.length ?? 0), 0) / JOBS
      return [
        atMost('store calls for 100 due jobs, claim to settle', upToSettle.length, 4, upToSettle.join(', ')),
        atMost('documents read per run', read, 2, 'the last look at the lane included'),
        atMost('documents written per run', written, 4, "the tick's own record left out"),
      ]
    },
  }
}
