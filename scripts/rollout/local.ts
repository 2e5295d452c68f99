import { z } from 'zod'
import type { Clock } from '../../functions/clock.ts'
import { loadConfig } from '../../functions/config.ts'
import { PROJECT, YOU } from '../dev/stack/settings.ts'
import { findStack } from '../dev/whereabouts.ts'
import { copy } from '../jobs/copy.ts'
import { openFirestore, openJson } from '../jobs/open.ts'
import { connectScheduler } from '../setup/scheduler.ts'
import type { FlagChanges, Platform } from './platform.ts'

/**
 * The local stack that runs in `folder` as a place for a rollout. Rejects when none runs. `say` is told of what is
 * tried again.
 */
export async function localPlatform(
  folder: string,
  clock: Clock,
  say: (line: string) => void,
): Promise<Platform> {
  const { control, state } = await running(folder)
  const now = async () => (await running(folder)).state
  const { url, issuer, scheduler: scheduler_endpoint } = state
  const setupEnv: Platform['setupEnv'] = (flags) => ({
    ...flags,
    GOOGLE_CLOUD_PROJECT: PROJECT,
    SCHEDULER_API_ENDPOINT: scheduler_endpoint,
  })

  return {
    name: `the local stack at ${url}`,
    url,
    setupEnv,
    async token() {
      const query = new URLSearchParams({ email: YOU, audience: url })
      return (await fetch(`${issuer}/token?${query.toString()}`)).text()
    },
    flags: async () => (await now()).env,
    revisions: async () => (await now()).revisions,
    async deploy(changes) {
      const answer = await ask(control, 'PATCH', '/service', { env: changes })
      return deployed.parse(answer).revision
    },
    async stop() {
      await ask(control, 'POST', '/service/stop')
    },
    async copyState(from, to, say) {
      const { host } = emulator.parse(await ask(control, 'POST', '/firestore'))
      const { files, revisions } = await now()
      // Off the store, nobody goes on with what is under way there; else the copy refuses.
      const with_running = revisions.length === 0
      const open = {
        json: () => openJson(files.state, clock, say),
        firestore: () => openFirestore(PROJECT, host, clock),
      }
      await using source = await open[from]()
      await using target = await open[to]()
      await copy({ source, target, with_running, dry_run: false, say })
    },
    scheduler() {
      const { location } = loadConfig(setupEnv(state.env))
      return connectScheduler({ project: PROJECT, location, scheduler_endpoint }, clock, say)
    },
    commandsFor: (changes) => [patchCommand(control, changes)],
  }
}

const deployed = z.object({ revision: z.string() })
const emulator = z.object({ host: z.string() })
const problem = z.object({ detail: z.string() })

async function running(folder: string): Promise<NonNullable<Awaited<ReturnType<typeof findStack>>>> {
  const found = await findStack(folder)
  if (found === null)
    throw new Error(`No local stack runs in ${folder}/. Run npm start first, in another terminal.`)
  return found
}

async function ask(control: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(control + path, { method, headers, ...sent })
  const said: unknown = await answer.json()
  if (answer.ok) return said
  throw new Error(problem.safeParse(said).data?.detail ?? `${method} ${path} was answered ${answer.status}.`)
}

/** One line for a shell. */
function patchCommand(control: string, changes: FlagChanges): string {
  const body = JSON.stringify({ env: changes }).replaceAll("'", "'\\''")
  return `curl -X PATCH ${control}/service -H 'Content-Type: application/json' -d '${body}'`
}
