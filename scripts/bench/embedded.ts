import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Documents } from '../../functions/store/documents.ts'
import { openJsonDocuments } from '../../functions/store/json.ts'
import { oneOffs, put } from '../../test/support/one-offs.ts'
import { systemClock } from '../system-clock.ts'
import { atMost, type Bench, median, timed } from './bar.ts'
import { engineOn, fill, noop, tickOn } from './lane.ts'

const DUE = 100
const ROUNDS = 15

/** Whether the embedded store's work depends on what is due, and not on what is stored. */
export const embedded: Bench = {
  name: 'embedded',
  shows: `a tick with ${DUE} due jobs on the JSON file, among ${DUE} and among ${DUE * 10} stored`,
  run: async (say) => {
    const few: number[] = []
    const many: number[] = []
    await tickAmong(DUE)
    for (let round = 0; round < ROUNDS; round += 1) {
      few.push(await tickAmong(DUE))
      many.push(await tickAmong(DUE * 10))
    }
    const detail = `${median(many).toFixed(1)} ms against ${median(few).toFixed(1)} ms, medians of ${ROUNDS}`
    say(`embedded: ${detail}`)
    return [
      atMost(
        `embedded store: ${DUE} due among ${DUE * 10}, against among ${DUE}`,
        median(many) / median(few),
        2,
        detail,
      ),
    ]
  },
}

async function tickAmong(stored: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tickover-bench-'))
  const documents = await openJsonDocuments(join(folder, 'state.json'), systemClock, { emit: () => {} })
  try {
    await fillAmong(documents, stored)
    const engine = engineOn(documents, DUE, [noop()])
    return await timed(async () => {
      const { jobs_succeeded } = await tickOn(engine)
      if (jobs_succeeded !== DUE) throw new Error(`Only ${jobs_succeeded} of ${DUE} jobs were done.`)
    })
  } finally {
    await documents.close()
    await rm(folder, { recursive: true })
  }
}

async function fillAmong(documents: Documents, stored: number): Promise<void> {
  const later = { schedule: { kind: 'at', at: Date.now() + 86_400_000 } } as const
  if (stored > DUE) await put(documents, oneOffs(stored - DUE, 'noop', later))
  await fill(documents, DUE)
}
