import { type Command, readArguments } from './dev/arguments.ts'
import { banner } from './dev/banner.ts'
import { createScreen } from './dev/screen.ts'
import { stopSignal } from './dev/signals.ts'
import { forget } from './dev/stack/forget.ts'
import { createOneOff, type OneOff } from './dev/stack/one-off.ts'
import { isFree } from './dev/stack/ports.ts'
import { DWELLING } from './dev/stack/settings.ts'
import { type Stack, startStack } from './dev/stack.ts'
import { findStack } from './dev/whereabouts.ts'
import { systemClock as clock } from './system-clock.ts'

const HELP = `Runs the whole of Tickover on this machine: Cloud Scheduler, a token issuer, the function on the Functions
Framework with the example jobs and yours (functions/jobs), and a service that the examples work with.

  npm start                 start, or go on where it was stopped
  npm start -- --fresh      forget the state first
  npm start -- --firestore  keep jobs in the Firestore emulator instead of a file; it forgets them when it stops
  PORT=9000 npm start       another port than 8080

The state is kept in .tickover/, with the flags that deploys have set. Ctrl-C stops: what runs is told to end and given back; Ctrl-C again ends it at once.
Exit codes: 0 stopped, 1 something could not start or broke off, 2 wrong usage.
`

type Start = Extract<Command, { verb: 'start' }>

const FOLDER = '.tickover'
const GONE = 'Stopped. The jobs are gone with the Firestore emulator that kept them.'
const STOPPED = 0
const FAILED = 1
const WRONG_USAGE = 2

/** Runs the command; resolves to the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const command = readArguments(args, process.env.PORT)
  if (command.verb === 'help') return told(HELP, 0)
  if (command.verb === 'wrong')
    return told(`${command.reasons.join('\n')}\nSee npm start -- --help.`, WRONG_USAGE)
  try {
    return await run(command)
  } catch (error) {
    return told(error instanceof Error ? error.message : String(error), FAILED)
  }
}

async function run({ port, fresh, firestore }: Start): Promise<number> {
  if (!(await isFree(port)))
    throw new Error(`Port ${port} is in use. Choose another: PORT=${port + 10} npm start`)
  const other = await findStack(FOLDER)
  if (other !== null)
    throw new Error(
      `${FOLDER}/ is in use by another process: the stack at ${other.state.url}. Stop that one.`,
    )
  if (fresh) await forget(FOLDER, clock)
  let stack: Stack | null = null
  const stop = stopSignal(process, clock, () => {
    stack?.kill()
    process.exit(told('Ended at once. What was running goes on when its lease has run out.', FAILED))
  })
  stack = await startStack({
    port,
    folder: FOLDER,
    storage: firestore ? 'firestore' : 'json',
    env: process.env,
    clock,
    random: Math.random,
    ...output(),
  })
  await begin(stack)
  const broken = await Promise.race([stop.then(() => null), stack.ended])
  if (broken === null) told('\nStopping: no new ticks; what runs is told to end, and given back.', STOPPED)
  const isGone = stack.firestore()?.ends === true
  await stack.stop()
  return broken === null
    ? told(isGone ? GONE : `Stopped. The state is kept in ${FOLDER}/; npm start goes on with it.`, STOPPED)
    : told(`The function ended by itself (${broken}).`, FAILED)
}

/** Shows where things are, and has something happen at once: a post, and at a full minute a look at how it does. */
async function begin(stack: Stack): Promise<void> {
  const now = clock.now()
  const [post, metrics] = firstJobs(now)
  await stack.registerServices()
  await createOneOff(stack.url, stack.issuer, post)
  await createOneOff(stack.url, stack.issuer, metrics)
  told(banner(stack, now), STOPPED)
  told('First ticks now, through RunJob; from then on every minute.\n', STOPPED)
  await stack.tickNow()
}

function firstJobs(now: number): readonly [OneOff, OneOff] {
  const campaign_id = 'first-steps'
  const soon = Math.ceil((now + 30_000) / 60_000) * 60_000
  const post = { platform: 'x', content: 'Tickover is up', campaign_id }
  return [
    { job_type: 'post_content', schedule_at: new Date(now).toISOString(), payload: post },
    {
      job_type: 'collect_metrics',
      schedule_at: new Date(soon).toISOString(),
      payload: { campaign_id },
    },
  ]
}

/** What the function writes, for people. */
function output() {
  const screen = createScreen(DWELLING)
  return {
    onLine: (line: string) => {
      const shown = screen(line)
      if (shown !== null) told(shown, STOPPED)
    },
    onMiss: (what: string) => void told(`The tick of ${what}`, STOPPED),
  }
}

function told(text: string, code: number): number {
  process.stdout.write(`${text}\n`)
  return code
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)))
