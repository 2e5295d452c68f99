import { GoogleAuth } from 'google-auth-library'
import type { Clock } from '../../functions/clock.ts'
import { type Env, textOf } from '../../functions/config.ts'
import { copy } from '../jobs/copy.ts'
import { openFirestore, openJson } from '../jobs/open.ts'
import { connectScheduler } from '../setup/scheduler.ts'
import { type Description, readFlags, readListed, readRevisions, readService } from './cloud/description.ts'
import { type Gcloud, gcloud, shellLine } from './cloud/gcloud.ts'
import { tfvarLines } from './cloud/tfvars.ts'
import { flagCommand, type Place, placeArgs, stopCommand, updateCommands } from './cloud/update.ts'
import type { FlagChanges, Platform } from './platform.ts'

/** What the cloud is reached with. */
export interface CloudOptions {
  readonly place: Place
  /** This shell's: `OPERATOR_TOKEN`, `SCHEDULER_API_ENDPOINT`. */
  readonly env: Env
  /** The json storage's file as this shell sees it; null when it was not said. */
  readonly file: string | null
  readonly clock: Clock
  readonly say: (line: string) => void
  readonly run?: Gcloud
}

const MOST_REVISIONS = 20

/** A Cloud Run service as a place for a rollout, over gcloud and this shell's credentials. Rejects when it is not there. */
export async function cloudPlatform(options: CloudOptions): Promise<Platform> {
  const { place, env, clock, say, run = gcloud } = options
  const { service, project, region } = place
  const at = placeArgs(place)
  const json = [...at, '--format=json']
  const page: Place = { ...place, service: `${service}-page` }
  const describe = async (name = service): Promise<Description> =>
    readService(await run(['run', 'services', 'describe', name, ...json]))

  async function flagsOf(revision: string | null): Promise<Env> {
    if (revision === null)
      throw new Error(`No revision of ${service} has all the traffic. Give it to one: ${shellLine(toLatest)}`)
    return readFlags(await run(['run', 'revisions', 'describe', revision, ...json]))
  }

  /** The flags of the page's service, which is the same program; null where there is none. */
  async function pageFlags(): Promise<Env | null> {
    const named = `--filter=metadata.name=${page.service}`
    return readListed(await run(['run', 'services', 'list', ...json, named]))
  }

  /** Where traffic was pinned to a revision, the new one has none yet. */
  async function giveTraffic(name: string): Promise<Description> {
    const made = await describe(name)
    if (made.serving !== made.latest) await run(trafficCommand(name))
    return made
  }

  /** The page only shows: trouble with it keeps no move from going on. */
  async function tellPage(changes: FlagChanges): Promise<void> {
    try {
      const flags = await pageFlags()
      if (flags === null || has(flags, changes)) return
      await run(flagCommand(page, changes))
      await giveTraffic(page.service)
    } catch (error) {
      say(`    ${page.service} was not told: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  const trafficCommand = (name: string) => ['run', 'services', 'update-traffic', name, ...at, '--to-latest']
  const toLatest = trafficCommand(service)
  const opened = await describe()
  const openedPage = await pageFlags()
  const openedFlags = await flagsOf(opened.serving)
  const { url } = opened
  const location = textOf(openedFlags, 'SCHEDULER_LOCATION') ?? region
  const audience = textOf(openedFlags, 'SCHEDULER_OIDC_AUDIENCE') ?? url

  return {
    name: `Cloud Run service ${service} in ${project}, ${region}`,
    url,
    token: () => tokenFor(audience, env),
    flags: async () => flagsOf((await describe()).serving),
    capacity: async () => (await describe()).capacity,
    async revisions() {
      const order = ['--sort-by=~metadata.creationTimestamp', `--limit=${MOST_REVISIONS}`]
      const list = await run(['run', 'revisions', 'list', `--service=${service}`, ...json, ...order])
      const { serving, stopped } = await describe()
      return readRevisions(list).map((name) => ({ name, serves: name === serving && !stopped }))
    },
    async deploy(changes) {
      const now = await describe()
      const flags = await flagsOf(now.serving)
      const isThere = has(flags, changes) && !now.stopped
      if (!isThere) for (const command of updateCommands(place, changes, flags, now)) await run(command)
      const serving = isThere ? now.serving : (await giveTraffic(service)).latest
      await tellPage(changes)
      return serving ?? ''
    },
    async stop() {
      if (!(await describe()).stopped) await run(stopCommand(place))
    },
    async copyState(from, to, say) {
      const { file } = options
      if (file === null)
        throw new Error(
          'The state is copied from this shell: say --file PATH, the json storage’s file as it is mounted here (SCHEDULER_STORAGE_FILE there), and have credentials with roles/datastore.user.',
        )
      const open = {
        json: () => openJson(file, clock, say),
        firestore: () => openFirestore(project, null, clock),
      }
      await using source = await open[from]()
      await using target = await open[to]()
      await copy({ source, target, with_running: true, dry_run: false, say })
    },
    scheduler: () =>
      connectScheduler(
        { project, location, scheduler_endpoint: textOf(env, 'SCHEDULER_API_ENDPOINT') },
        clock,
        say,
      ),
    setupEnv: (flags) => ({
      SCHEDULER_TARGET_URL: url,
      SCHEDULER_LOCATION: region,
      ...flags,
      GOOGLE_CLOUD_PROJECT: project,
    }),
    commandsFor: (changes) => {
      const isForPage = openedPage !== null && !has(openedPage, changes)
      const commands = updateCommands(place, changes, openedFlags, opened)
      return [...commands, ...(isForPage ? [flagCommand(page, changes)] : [])].map(shellLine)
    },
    keep: tfvarLines,
  }
}

/** Are these flags as the changes want them? */
function has(flags: Env, changes: FlagChanges): boolean {
  return Object.entries(changes).every(([name, value]) => textOf(flags, name) === value)
}

/** An operator's ID token: the one given, or one made from this shell's credentials. */
export async function tokenFor(audience: string, env: Env): Promise<string> {
  const given = textOf(env, 'OPERATOR_TOKEN')
  if (given !== null) return given
  try {
    const client = await new GoogleAuth().getIdTokenClient(audience)
    return await client.idTokenProvider.fetchIdToken(audience)
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new Error(
      `This shell’s credentials make no ID token (${said}). A service account can, and a person by one: OPERATOR_TOKEN=$(gcloud auth print-identity-token --impersonate-service-account=ACCOUNT --audiences=${audience} --include-email)`,
      { cause: error },
    )
  }
}
