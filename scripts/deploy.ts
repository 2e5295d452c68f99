import { relative } from 'node:path'
import type { Clock } from '../functions/clock.ts'
import { type Env, textOf } from '../functions/config.ts'
import { buildUpload, UPLOAD } from './build/upload.ts'
import { type Command, readArguments } from './deploy/arguments.ts'
import { describeRevisionCommand, imageCommand, uploadCommand } from './deploy/commands.ts'
import type { Hands } from './deploy/hands.ts'
import { HELP } from './deploy/help.ts'
import { planLines } from './deploy/plan.ts'
import { probeApi, probePage } from './deploy/probe.ts'
import { type Released, release } from './deploy/release.ts'
import { versionWanted } from './deploy/rollback.ts'
import { imageOf, servingOf, standingOf } from './deploy/standing.ts'
import { takeEnvFile } from './env-file.ts'
import { print } from './output.ts'
import { readRevision } from './rollout/cloud/description.ts'
import { type Gcloud, gcloud } from './rollout/cloud/gcloud.ts'
import type { Place } from './rollout/cloud/update.ts'
import { tokenFor } from './rollout/cloud.ts'
import { reasonOf } from './rollout/failure.ts'
import { systemClock } from './system-clock.ts'

const DONE = 0
const REFUSED = 1
const WRONG_USAGE = 64
const FAILED = 70

/** What a caller may choose: how gcloud is run, and how the upload is built. */
export interface Choices {
  readonly run?: Gcloud
  readonly build?: () => Promise<void>
}

/** Runs the command; resolves to the exit code. `say` takes a line for people. */
export async function main(
  args: readonly string[],
  env: Env,
  clock: Clock,
  say: (line: string) => void,
  { run = gcloud, build = buildUpload }: Choices = {},
): Promise<number> {
  const command = readArguments(args, env)
  if (command.verb === 'help') return told(say, [HELP], DONE)
  if (command.verb === 'wrong') return told(say, [...command.reasons, 'See --help.'], WRONG_USAGE)
  const [api, page] = placesOf(command)
  const source = relative(process.cwd(), UPLOAD)
  planLines(command, api, page, source).forEach(say)
  if (command.dry_run) return told(say, ['', 'Nothing was changed.'], DONE)
  const hands = { run, say }
  say('')
  try {
    const token = await operatorToken(api, run, env)
    if (command.verb === 'deploy') await build()
    const first =
      command.verb === 'deploy' ? uploadCommand(api, source) : await backTo(command.to, api, hands)
    return await inTurn([api, page], releaser(api, first, { ...hands, token, clock }), say)
  } catch (error) {
    return told(say, [`Failed: ${reasonOf(error)}`], FAILED)
  }
}

/** Asked for before anything is changed: without a token there is no trial. */
async function operatorToken(api: Place, run: Gcloud, env: Env): Promise<string> {
  const standing = await standingOf(api, run)
  const { flags } = readRevision(await run(describeRevisionCommand(api, servingOf(standing, api))))
  return tokenFor(textOf(flags, 'SCHEDULER_OIDC_AUDIENCE') ?? standing.url, env)
}

/** What releases an earlier version once more, with today's flags. */
async function backTo(revision: string | null, api: Place, { run, say }: Hands): Promise<string[]> {
  const { name, image } = await versionWanted(api, revision, run)
  say(`Back to the version of ${name}.`)
  return imageCommand(api, image)
}

/** The API's service gets the image that this command brings, the page's service the very same. */
function releaser(
  api: Place,
  command: readonly string[],
  { token, clock, ...hands }: Hands & { readonly token: string; readonly clock: Clock },
): (place: Place) => Promise<Released> {
  const probing = { clock, say: hands.say }
  let image = ''
  return async (place) => {
    if (place !== api)
      return release(
        { place, command: imageCommand(place, image), probe: (one) => probePage(one, probing) },
        hands,
      )
    const released = await release(
      {
        place,
        command,
        async probe(candidate) {
          const { flags } = readRevision(await hands.run(describeRevisionCommand(place, candidate.revision)))
          return probeApi(candidate, { flags, token }, probing)
        },
      },
      hands,
    )
    if ('revision' in released) image = await imageOf(place, released.revision, hands.run)
    return released
  }
}

/** One service after the other, until one of them is refused. */
async function inTurn(
  places: readonly (Place | null)[],
  act: (place: Place) => Promise<Released>,
  say: (line: string) => void,
): Promise<number> {
  for (const place of places) {
    const done = place === null ? null : await act(place)
    if (done !== null && 'problem' in done) return told(say, done.problem, REFUSED)
  }
  return DONE
}

function placesOf({ service, page_service, project, region }: Command): [Place, Place | null] {
  const api = { service, project, region }
  return [api, page_service === null ? null : { ...api, service: page_service }]
}

function told(say: (line: string) => void, lines: readonly string[], code: number): number {
  lines.forEach(say)
  return code
}

if (import.meta.main) {
  takeEnvFile()
  process.exitCode = await main(process.argv.slice(2), process.env, systemClock, print)
}
