import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { newJob } from '../../functions/job/definition.ts'
import type { Job } from '../../functions/job/job.ts'
import { newRun, runFields } from '../../functions/job/run.ts'
import { toFields } from '../../functions/job/stored.ts'
import { jobRef, runRef } from '../../functions/lease/held.ts'
import type { Change, Documents, Fields, Ref } from '../../functions/store/documents.ts'
import { copy } from '../../scripts/jobs/copy.ts'
import { type Opened, openFirestore, openJson } from '../../scripts/jobs/open.ts'
import { firestoreHost, WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { realClock } from '../support/real-clock.ts'
import { scripted } from '../support/scripted-documents.ts'
import { definition, only, running } from '../unit/job/fixtures.ts'

const silent = () => undefined
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** 110 jobs; of the first 10 a run, whose holder has died, with an effect that it began. */
function state(now: number): Change[] {
  const began = now - 120_000
  return Array.from({ length: 110 }, (_, n) => {
    const idle = newJob(definition({ name: `job-${n}`, payload: '{"é":[1.5]}' }), began)
    return n < 10 ? underWay(running(idle, began, began, now)) : [create(jobRef(idle.name), toFields(idle))]
  }).flat()
}

function underWay(job: Job): Change[] {
  const { run, began_at: started_at } = only(job)
  const effect = { run, key: 'mail', state: 'started', result: null, fence: 1, started_at }
  return [
    create(jobRef(job.name), toFields(job)),
    create(runRef(run), runFields(newRun(job, only(job), started_at))),
    create({ collection: 'scheduler_effects', id: `${run}:mail` }, effect),
  ]
}

function create(ref: Ref, fields: Fields): Change {
  return { kind: 'create', ref, fields }
}

async function everything(documents: Documents, changes: readonly Change[]) {
  const { value } = await documents.get(changes.map(({ ref }) => ref))
  return value.map((stored) => stored?.fields)
}

describe.skipIf(WITHOUT_FIRESTORE)('a copy between the real stores', () => {
  it('to Firestore, cut off half-way and run again, and back to another file, changes nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tickover-copy-'))
    ends.push(() => rm(folder, { recursive: true }))
    const open = async (opening: Promise<Opened> | Opened) => {
      const opened = await opening
      ends.unshift(() => opened.documents.close())
      return opened
    }
    const first = await open(openJson(join(folder, 'a.json'), realClock, silent))
    const firestore = await open(openFirestore(`t-${randomUUID()}`, await firestoreHost(), realClock))
    const second = await open(openJson(join(folder, 'b.json'), realClock, silent))
    const changes = state(realClock.now())
    await first.documents.commit(changes)

    const cut = scripted(firestore.documents)
    cut.commits.push(silent, 'unreachable')
    const options = { with_running: false, dry_run: false, say: silent }
    const half = { ...firestore, documents: cut }
    await expect(copy({ source: first, target: half, ...options })).rejects.toThrow(/run this again/)
    expect(await copy({ source: first, target: firestore, ...options })).toBe('copied')
    expect(await copy({ source: firestore, target: second, ...options })).toBe('copied')
    expect(await everything(second.documents, changes)).toEqual(await everything(first.documents, changes))
    expect(await copy({ source: second, target: firestore, ...options })).toBe('equal')
  })
})
