import { openJsonDocuments } from '../../functions/store/json.ts'
import { realClock } from './real-clock.ts'

/**
 * A process that uses a JSON store: `json-writer.ts <path> count` adds runs r0, r1, ... and prints each id once its commit is
 * acknowledged; `fill <size>...` makes one commit of each size and prints how it ended.
 */
/** The most runs that one lane adds before it gives up waiting to be killed. */
const MOST_RUNS = 100_000

const [, , path = '', mode = 'count', ...sizes] = process.argv
// Under `ulimit -f` a write then fails as on a full disk, instead of ending the process.
process.on('SIGXFSZ', () => {})
const say = (line: string) => process.stdout.write(`${line}\n`)
const documents = await openJsonDocuments(path, realClock, {
  emit: (event) => say(JSON.stringify(event)),
})
say('open')

if (mode === 'count') {
  const lanes = Array.from({ length: 4 }, (_, lane) => count(lane))
  await Promise.all(lanes)
} else {
  for (const size of sizes) say(await write(`f${size}`, Number(size)))
  await documents.close()
}

async function count(lane: number): Promise<void> {
  for (let n = 0; n < MOST_RUNS; n += 1) {
    const id = `r${lane}-${n}`
    if ((await write(id, 200)) === 'done') say(id)
  }
}

async function write(id: string, size: number): Promise<string> {
  const fields = { text: 'x'.repeat(size) }
  const committed = await documents.commit([
    { kind: 'create', ref: { collection: 'scheduler_runs', id }, fields },
  ])
  return committed.outcome
}
