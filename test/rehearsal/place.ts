import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { loadConfig } from '../../functions/config.ts'
import type { Rollout } from '../../functions/rollout/stage.ts'
import type { TickEnd } from '../../functions/tick/record.ts'
import { writeChosen } from '../../scripts/dev/stack/chosen-flags.ts'
import { createOneOff } from '../../scripts/dev/stack/one-off.ts'
import { freePort } from '../../scripts/dev/stack/ports.ts'
import { filesIn, PROJECT, SCHEDULER_ACCOUNT } from '../../scripts/dev/stack/settings.ts'
import { type Stack, startStack } from '../../scripts/dev/stack.ts'
import { findStack, type ServiceState } from '../../scripts/dev/whereabouts.ts'
import { type Opened, openFirestore, openJson } from '../../scripts/jobs/open.ts'
import { pauseAll } from '../../scripts/rollout/jobs.ts'
import { localPlatform } from '../../scripts/rollout/local.ts'
import type { FlagChanges, Platform } from '../../scripts/rollout/platform.ts'
import { connectService } from '../../scripts/rollout/service.ts'
import { main } from '../../scripts/rollout.ts'
import { type Ledger, openLedger } from '../support/ledger.ts'
import { realClock } from '../support/real-clock.ts'
import { untilAsync } from '../support/until-async.ts'

const SOURCE = fileURLToPath(new URL('rehearsal-function.ts', import.meta.url))

/** Looks more often than people need. */
const hasty = { ...realClock, sleep: (ms: number, signal?: AbortSignal) => realClock.sleep(ms / 8, signal) }

/** A span of time, and every set of flags that a revision had then. Before the first `from` there is none. */
export interface Era {
  readonly from: number
  readonly rollouts: readonly Rollout[]
}

/** What a command came to. */
export interface Told {
  readonly code: number
  readonly lines: readonly string[]
}

/** What a place is set up with. */
export interface PlaceOptions {
  readonly storage: 'json' | 'firestore'
  readonly flags: FlagChanges
  readonly linger_ms?: number
  /** By how much its clocks are ahead of this machine's. */
  readonly ahead_ms?: number
}

/** A local stack with the rehearsed jobs, a ledger, and the command at hand. */
export interface Place {
  readonly folder: string
  readonly stack: Stack
  readonly ledger: Ledger
  readonly platform: Platform
  /** How the flags went, in order of time. */
  readonly eras: Era[]
  state(): Promise<ServiceState>
  /** Runs the command on this stack. */
  rollout(args: readonly string[], heard?: (line: string) => void): Promise<Told>
  /** Does what changes the flags, and remembers which ones held when; `began`, called, is when the change began. */
  changing<T>(work: (began: () => void) => Promise<T>): Promise<T>
  /** Due now, or when the next span of so many ms begins. */
  sendOneOff(job_type: string, span_ms?: number): Promise<void>
  /** Resolves once two runs have begun their effects since now. */
  performing(): Promise<void>
  /** Posts a tick and waits for its answer. */
  tick(lane: string): Promise<{ readonly status: number; readonly report: TickEnd['report'] | null }>
  /** Resolves once no older revision is there. */
  retired(): Promise<void>
  /** Lets everything that is under way come to its end, and takes the service off its store. */
  quiesce(): Promise<void>
  /** The store; where it is the file, the service has to be off it. */
  open(): Promise<Opened>
  end(): Promise<void>
}

/** Starts it all in a folder of its own. */
export async function openPlace({
  storage,
  flags,
  linger_ms = 0,
  ahead_ms = 0,
}: PlaceOptions): Promise<Place> {
  const root = await mkdtemp(join(tmpdir(), 'tickover-rehearsal-'))
  const folder = join(root, '.tickover')
  const ledger = await openLedger()
  const clock = { ...realClock, now: () => realClock.now() + ahead_ms }
  writeChosen(filesIn(folder).flags, flags)
  const said: string[] = []
  const stack = await startStack({
    port: await freePort(),
    folder,
    storage,
    env: {
      PATH: process.env.PATH,
      LEDGER_URL: ledger.url,
      AHEAD_MS: String(ahead_ms),
      NODE_COMPILE_CACHE: join(tmpdir(), 'tickover-compiled'),
    },
    clock,
    random: () => 0,
    source: SOURCE,
    linger_ms,
    onLine: (line) => said.push(line),
    onMiss: (what) => said.push(what),
  })
  const platform = await localPlatform(folder, clock, () => undefined)
  const eras: Era[] = []

  const standing = async (): Promise<Rollout> => loadConfig(await platform.flags())
  async function state(): Promise<ServiceState> {
    const found = await findStack(folder)
    if (found === null) throw new Error('The stack is gone.')
    return found.state
  }
  const place: Place = {
    folder: root,
    stack,
    ledger,
    platform,
    eras,
    state,
    rollout: (args, heard = () => undefined) =>
      place.changing(async (began) => {
        const lines: string[] = []
        const hear = (line: string) => {
          lines.push(line)
          if (/^\d+\/\d+ deploy/.test(line)) began()
          heard(line)
        }
        const open = () => localPlatform(folder, clock, hear)
        const code = await main([...args, '--local'], {}, { ...hasty, now: clock.now }, hear, { open })
        return { code, lines }
      }),
    async changing(work) {
      const before = await standing()
      let from = clock.now()
      const done = await work(() => {
        from = clock.now()
      })
      const after = await standing()
      if (!isDeepStrictEqual(before, after))
        eras.push({ from, rollouts: [before, after] }, { from: clock.now(), rollouts: [after] })
      return done
    },
    async sendOneOff(job_type, span_ms = 1) {
      const schedule_at = new Date(Math.ceil(clock.now() / span_ms) * span_ms).toISOString()
      await createOneOff(stack.url, stack.issuer, { job_type, schedule_at, payload: {} })
    },
    async performing() {
      const count = () => ledger.entries.filter(({ key }) => key === 'first').length
      const before = count()
      await ledger.until(() => count() >= before + 2, 'jobs are performed', 20_000)
    },
    async tick(lane) {
      const token = await stack.issuer.mint({ email: SCHEDULER_ACCOUNT, audience: stack.url })
      const answer = await fetch(`${stack.url}/cron/tick`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ lane }),
      })
      const body = (await answer.json()) as { metrics?: TickEnd['report'] }
      return { status: answer.status, report: body.metrics ?? null }
    },
    async quiesce() {
      await pauseAll(platform)
      await platform.deploy({ SCHEDULER_LANES: 'high,low' })
      await place.retired()
      // A tick that Cloud Scheduler had posted before may still be at work.
      await untilAsync(async () => {
        for (const lane of ['high', 'low']) await place.tick(lane)
        const { leases } = await connectService(platform, clock, () => undefined).evidence()
        return leases !== null && leases.tick.alive + leases.legacy.alive === 0
      }, 'nothing is held any more')
      await platform.stop()
    },
    retired: () =>
      untilAsync(async () => (await platform.revisions()).length === 1, 'the older revisions are gone'),
    async open() {
      const { env, files, firestore } = await state()
      return env.SCHEDULER_STORAGE === 'firestore'
        ? openFirestore(PROJECT, firestore, realClock)
        : openJson(files.state, clock, () => undefined)
    },
    async end() {
      await stack.stop()
      await ledger.close()
      await rm(root, { recursive: true })
    },
  }
  eras.push({ from: 0, rollouts: [await standing()] })
  return place
}
