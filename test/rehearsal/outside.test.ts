import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { untilAsync } from '../support/until-async.ts'
import { readBooks } from './books.ts'
import { wrongs } from './judge.ts'
import { openPlace, type Place } from './place.ts'

const SCRIPT = fileURLToPath(new URL('../support/legacy_scheduler.py', import.meta.url))
const REPORTER = 'legacy@local-project.iam.gserviceaccount.com'
const PYTHON = spawnSync('python3', ['--version']).status === 0
if (!PYTHON) process.emitWarning('python3 is not installed: a legacy scheduler outside is NOT rehearsed.')

const STORAGES = WITHOUT_FIRESTORE ? (['json'] as const) : (['json', 'firestore'] as const)
/** The stage flips between an outside scheduler's and the ticks'. */
const FLIPS = ['4', '1', '4', '1'] as const

const ends: (() => unknown)[] = []
afterAll(() => Promise.all(ends.map((end) => end())))

/** What the Python processes performed: `run fence pid`, one line each. */
async function performed(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

async function startReporter(place: Place, ledger: string): Promise<ChildProcess> {
  const token = join(place.folder, 'token')
  await writeFile(token, await place.stack.issuer.mint({ email: REPORTER, audience: place.stack.url }))
  const child = spawn('python3', [SCRIPT, place.stack.url, token, 'second', '1', ledger], {
    stdio: 'inherit',
  })
  ends.push(() => child.kill('SIGKILL'))
  return child
}

describe.concurrent('two schedulers in Python that claim over HTTP while the stage flips under them', () => {
  it.skipIf(!PYTHON).each(STORAGES)(
    'perform nothing twice, on %s',
    async (storage) => {
      const place = await openPlace({ storage, flags: { ROLLOUT_STAGE: '1' } })
      ends.push(() => place.end())
      // The first tick makes the jobs; what fell due before is of no schedule here.
      await place.stack.tickNow()
      const made = Date.now()
      await untilAsync(async () => Date.now() > made + 1_500, 'the jobs have occurrences of their own')
      const ledger = join(place.folder, 'performed')
      const reporters = [await startReporter(place, ledger), await startReporter(place, ledger)]
      const more = async (stage: string) => {
        if (stage === '4') return place.stack.tickNow()
        const before = (await performed(ledger)).length
        await untilAsync(async () => (await performed(ledger)).length >= before + 2, 'Python performs')
      }
      await more('1')
      for (const stage of FLIPS) {
        await place.changing(() => place.platform.deploy({ ROLLOUT_STAGE: stage }))
        await more(stage)
      }
      for (const reporter of reporters) {
        reporter.kill('SIGTERM')
        await once(reporter, 'exit')
      }
      // What is left is the ticks', so that all comes to rest.
      await place.changing(() => place.platform.deploy({ ROLLOUT_STAGE: '4' }))
      await place.quiesce()
      await using store = await place.open()
      const books = await readBooks(store.documents)
      const told = (await performed(ledger)).map((line) => line.split(' ')[0] ?? '')
      expect(told.filter((run, index) => told.indexOf(run) !== index)).toEqual([])
      for (const id of told) {
        const attempts = books.runs.find((run) => run.id === id)?.attempts ?? []
        expect(attempts.map(({ path, outcome }) => `${path} ${outcome}`)).toEqual(['legacy succeeded'])
      }
      expect(told.length).toBeGreaterThan(5)
      expect(
        books.runs.filter(({ job, attempts }) => job === 'second' && attempts[0]?.path === 'tick').length,
      ).toBeGreaterThan(0)
      expect(wrongs(books, place.ledger.entries, place.eras)).toEqual([])
    },
    90_000,
  )
})
