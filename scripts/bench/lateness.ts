import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../dev/stack/ports.ts'
import { startStack } from '../dev/stack.ts'
import { systemClock as clock } from '../system-clock.ts'
import { isInTime, type Measured, measure, type Start, startOf } from './lateness/measure.ts'

const HELP = `Runs the local stack for 2 minutes and measures how late its jobs of 5 and 30 seconds begin, under ticks of one minute.

  npm run lateness

Exit codes: 0 the bar is kept, 1 it is missed or the stack broke off, 2 wrong usage.`

const MINUTES = 2
const JOBS = [
  { job: 'route-broadcast', seconds: 5 },
  { job: 'score-tick', seconds: 30 },
]
const BAR = 1000
/** All periods fit into it. */
const SLOT = 30_000

/** Runs the local stack for some minutes and measures how late jobs of 5 and 30 s begin, under ticks of one minute. */
async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tickover-lateness-'))
  try {
    const { starts, from, to } = await watch(folder)
    const measured = JOBS.map((job) => measure(starts, { ...job, from, to }))
    say(table(measured))
    const inTime = measured.every((one) => isInTime(one, BAR))
    say(`Bar: each occurrence has its run, p99 at most ${BAR} ms: ${inTime ? 'kept' : 'missed'}.`)
    return inTime ? 0 : 1
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function watch(folder: string): Promise<{ starts: Start[]; from: number; to: number }> {
  const starts: Start[] = []
  const stack = await startStack({
    port: await freePort(),
    folder,
    storage: 'json',
    env: process.env,
    clock,
    random: Math.random,
    onLine: (line) => starts.push(...[startOf(line)].filter((start) => start !== null)),
    onMiss: (what) => say(`The tick of ${what}`),
  })
  try {
    await stack.tickNow()
    const from = Math.ceil((clock.now() + 1000) / SLOT) * SLOT
    const to = from + MINUTES * 60_000
    say(`Measuring for ${MINUTES} minutes from ${new Date(from).toISOString()} on.`)
    // The last occurrence has a while to start.
    const broken = await Promise.race([clock.sleep(to + 2 * BAR - clock.now()), stack.ended])
    if (broken !== undefined) throw new Error(`The function ended by itself (${broken}).`)
    return { starts, from, to }
  } finally {
    await stack.stop()
  }
}

function table(measured: readonly Measured[]): string {
  const head = ['job', 'runs', 'expected', 'p50 ms', 'p95 ms', 'p99 ms']
  const rows = measured.map(({ job, runs, expected, p50, p95, p99 }) => [job, runs, expected, p50, p95, p99])
  return [head, ...rows]
    .map(
      ([job, ...numbers]) => String(job).padEnd(16) + numbers.map((one) => String(one).padStart(10)).join(''),
    )
    .join('\n')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const [argument] = process.argv.slice(2)
if (argument !== undefined) {
  const asked = argument === '--help' || argument === '-h'
  say(asked ? HELP : `unknown argument ${argument}\n\n${HELP}`)
  process.exit(asked ? 0 : 2)
}
process.exit(await main())
