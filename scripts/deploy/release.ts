import { shellLine } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import { reasonOf } from '../rollout/failure.ts'
import { backCommand, logsCommand, TAG, tagCommand, trafficCommand } from './commands.ts'
import { type Hands, perform } from './hands.ts'
import { restore } from './restore.ts'
import { type Candidate, imageOf, isPlaceholder, type Standing, servingOf, standingOf } from './standing.ts'

/** What a release is made of. */
export interface Release {
  readonly place: Place
  /** Makes the revision without traffic. */
  readonly command: readonly string[]
  /** Resolves to what is wrong with the revision, or null. */
  readonly probe: (candidate: Candidate, service: Standing) => Promise<string | null>
}

/** The revision that serves now, or lines for people on why none does, and what to do. */
export type Released = { readonly revision: string } | { readonly problem: readonly string[] }

/**
 * Makes a revision, tries it, and gives it the traffic. Where it is refused, the service is made from the image that serves again.
 * Rejects when no revision was made.
 */
export async function release({ place, command, probe }: Release, hands: Hands): Promise<Released> {
  const { run, say } = hands
  const before = await standingOf(place, run)
  const serving = servingOf(before, place)
  const image = await imageOf(place, serving, run)
  const made = await makeRevision(place, command, before, hands)
  const wrong = await tried(place, made, probe, hands).catch(reasonOf)
  const moved = movedSince(before, await standingOf(place, run), made.revision)
  if (moved !== null) return { problem: refusalLines(place, made.revision, wrong, [moved]) }
  if (wrong !== null) {
    const mended = await restore({ place, serving, image }, hands)
    return { problem: refusalLines(place, made.revision, wrong, mended) }
  }
  await perform(trafficCommand(place), hands)
  const after = await standingOf(place, run)
  if (after.serving !== made.revision) return { problem: elsewhereLines(place, made.revision, after) }
  say(`${made.revision} serves.`)
  if (!isPlaceholder(image)) wayBackLines(place, serving).forEach(say)
  return { revision: made.revision }
}

/** A service right after a revision was made, which may not have come up. */
interface Made extends Standing {
  readonly revision: string
}

async function makeRevision(
  place: Place,
  command: readonly string[],
  before: Standing,
  hands: Hands,
): Promise<Made> {
  const failure = await perform(command, hands).then(() => null, errorOf)
  const now = await standingOf(place, hands.run)
  if (now.created === null || now.created === before.created)
    throw failure ?? new Error(`${place.service} shows no new revision; ${before.serving} still serves.`)
  if (failure !== null) hands.say(reasonOf(failure))
  return { ...now, revision: now.created }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Resolves to what is wrong with the revision, or null. */
async function tried(
  place: Place,
  made: Made,
  probe: Release['probe'],
  hands: Hands,
): Promise<string | null> {
  const { revision } = made
  if (made.latest !== revision) return `${revision} did not come up`
  await perform(tagCommand(place, revision), hands)
  const { candidate } = await standingOf(place, hands.run)
  if (candidate?.revision !== revision) return `${revision} has no address under the tag ${TAG}`
  hands.say(`Revision ${revision} has no traffic yet, and this address: ${candidate.url}`)
  return probe(candidate, made)
}

/** What somebody else did meanwhile: then it is not for this command to move or make anything. */
function movedSince(before: Standing, now: Standing, revision: string): string | null {
  if (now.serving !== before.serving)
    return `The traffic was moved meanwhile, from ${before.serving} to ${now.serving ?? 'several revisions'}: it is left there.`
  if (now.created !== revision)
    return `Another revision was made meanwhile, ${now.created ?? 'none'}: it is left as it is.`
  return null
}

function wayBackLines(place: Place, serving: string): string[] {
  return [
    `The way back to ${serving}, for the moment:`,
    `  $ ${shellLine(backCommand(place, serving))}`,
    'It moves the traffic and no more; npm run deploy -- --rollback makes it last.',
  ]
}

function refusalLines(
  place: Place,
  revision: string,
  wrong: string | null,
  then: readonly string[],
): string[] {
  return [
    wrong === null ? `Stopped: ${revision} is sound, but no longer alone.` : `Stopped: ${wrong}`,
    ...then,
    `What ${revision} wrote:`,
    `  $ ${shellLine(logsCommand(place, revision))}`,
  ]
}

function elsewhereLines(place: Place, revision: string, after: Standing): string[] {
  return [
    `The traffic went to ${after.serving ?? 'several revisions'}, not to ${revision}: somebody deployed in the same moment.`,
    'See which of them is wanted, and give it the traffic. This one:',
    `  $ ${shellLine(backCommand(place, revision))}`,
  ]
}
