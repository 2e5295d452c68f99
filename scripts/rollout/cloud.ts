import { GoogleAuth } from 'google-auth-library'
import type { Clock } from '../../functions/clock.ts'
import { type Env, textOf } from '../../functions/config.ts'
import { copy } from '../jobs/copy.ts'
import { openFirestore, openJson } from '../jobs/open.ts'
import { connectScheduler } from '../setup/scheduler.ts'
import {
  type Description,
  readListed,
  readRevision,
  readRevisions,
  readService,
} from './cloud/description.ts'
import { type Gcloud, gcloud, shellLine } from './cloud/gcloud.ts'
import { tfvarLines } from './cloud/tfvars.ts'
import {
  flagCommand,
  type Place,
  placeArgs,
  type Stand,
  stopCommand,
  updateCommands,
} from './cloud/update.ts'
import { reasonOf } from './failure.ts'
import type { FlagChanges, Platform } from './platform.ts'
import { audienceOf } from './probes.ts'

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
const FILE_WANTED =
  'The state is copied from this shell: say --file PATH, the json storage’s file as it is mounted here (SCHEDULER_STORAGE_FILE there), and have credentials with roles/datastore.user.'
const VOLUME_WANTED =
  'What the json storage of a Cloud Run service keeps goes with its instance. Mount a volume (NFS) in the service and here, set SCHEDULER_STORAGE_FILE to a file on it, and say --file PATH; or go back in full, to the legacy path.'

/** A Cloud Run service as a place for a rollout, over gcloud and this shell's credentials. Rejects when it is not there. */
export async function cloudPlatform(options: CloudOptions): Promise<Platform> {
  const { place, env, clock, say, run = gcloud } = options
  const { service, project, region } = place
  const at = placeArgs(place)
  const json = [...at, '--format=json']
  const page: Place = { ...place, service: `${service}-page` }
  const describe = async (name = service): Promise<Description> =>
    readService(await run(['run', 'services', 'describe', name, ...json]))

  async function standOf(name: string, now: Description): Promise<Stand> {
    const { serving } = now
    if (serving === null)
      throw new Error(
        `No revision of ${name} has all the traffic. Give it to one: ${shellLine(trafficCommand(name, '--to-revisions=REVISION=100'))}`,
      )
    return { now, serving: readRevision(await run(['run', 'revisions', 'describe', serving, ...json])) }
  }

  /** The page's service, which is the same program; null where there is none. */
  async function pageStand(): Promise<Stand | null> {
    const named = `--filter=metadata.name=${page.service}`
    const now = readListed(await run(['run', 'services', 'list', ...json, named]))
    return now === null ? null : standOf(page.service, now)
  }

  /** Where traffic was pinned to a revision, the new one has none yet. */
  async function giveTraffic(name: string): Promise<Description> {
    const made = await describe(name)
    if (made.serving !== made.latest) await run(trafficCommand(name, '--to-latest'))
    return made
  }

  /** The page only shows: trouble with it keeps no move from going on. */
  async function tellPage(changes: FlagChanges): Promise<void> {
    try {
      const stand = await pageStand()
      if (stand === null || has(stand, changes)) return
      await run(flagCommand(page, changes, stand))
      await giveTraffic(page.service)
    } catch (error) {
      say(`    ${page.service} was not told: ${error instanceof Error ? error.message : String(error)}`)
    }
  }

  const trafficCommand = (name: string, to: string) => ['run', 'services', 'update-traffic', name, ...at, to]
  const stand = async () => standOf(service, await describe())
  const opened = await stand()
  const openedPage = await pageStand().catch(() => null)
  const { url } = opened.now
  const { flags } = opened.serving
  const location = textOf(flags, 'SCHEDULER_LOCATION') ?? region
  const audience = textOf(flags, 'SCHEDULER_OIDC_AUDIENCE') ?? url

  return {
    name: `Cloud Run service ${service} in ${project}, ${region}`,
    url,
    token: () => tokenFor(audience, env),
    flags: async () => (await stand()).serving.flags,
    capacity: async () => (await describe()).capacity,
    async revisions() {
      const order = ['--sort-by=~metadata.creationTimestamp', `--limit=${MOST_REVISIONS}`]
      const list = await run(['run', 'revisions', 'list', `--service=${service}`, ...json, ...order])
      const { serving, stopped } = await describe()
      return readRevisions(list).map(({ name }) => ({ name, serves: name === serving && !stopped }))
    },
    async deploy(changes) {
      const before = await stand()
      const isThere = has(before, changes) && !before.now.stopped
      if (!isThere) for (const command of updateCommands(place, changes, before)) await run(command)
      const serving = isThere ? before.serving.name : (await giveTraffic(service)).latest
      await tellPage(changes)
      return serving ?? ''
    },
    async stop() {
      if (!(await describe()).stopped) await run(stopCommand(place))
    },
    copyProblem() {
      if (options.file === null) return FILE_WANTED
      return textOf(flags, 'SCHEDULER_STORAGE_FILE') === null ? VOLUME_WANTED : null
    },
    async copyState(from, to, say) {
      const { file } = options
      if (file === null) throw new Error(FILE_WANTED)
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
    setupEnv: (wanted) => ({
      SCHEDULER_TARGET_URL: url,
      SCHEDULER_LOCATION: region,
      ...wanted,
      GOOGLE_CLOUD_PROJECT: project,
    }),
    commandsFor: (changes) => {
      const isForPage = openedPage !== null && !has(openedPage, changes)
      const forPage = isForPage ? [flagCommand(page, changes, openedPage)] : []
      return [...updateCommands(place, changes, opened), ...forPage].map(shellLine)
    },
    keep: tfvarLines,
  }
}

/** Are the flags of what serves as the changes want them? */
function has({ serving }: Stand, changes: FlagChanges): boolean {
  return Object.entries(changes).every(([name, value]) => textOf(serving.flags, name) === value)
}

/** An operator's ID token: the one given, or one made from this shell's credentials. */
export async function tokenFor(audience: string, env: Env): Promise<string> {
  const given = textOf(env, 'OPERATOR_TOKEN')
  if (given !== null) return given
  try {
    const client = await new GoogleAuth().getIdTokenClient(audience)
    const token = await client.idTokenProvider.fetchIdToken(audience)
    // A person's own credentials make one all the same, for gcloud.
    if (audienceOf(token) === audience) return token
  } catch (error) {
    throw noToken(audience, reasonOf(error), error)
  }
  throw noToken(audience, 'the one that they make is for another audience')
}

function noToken(audience: string, why: string, cause?: unknown): Error {
  const command = `gcloud auth print-identity-token --impersonate-service-account=ACCOUNT --audiences=${audience} --include-email`
  return new Error(
    `This shell’s credentials make no ID token for the service: ${why}. A service account can, and an operator by one (tickover-operator, which Terraform makes): export OPERATOR_TOKEN=$(${command})`,
    { cause },
  )
}
