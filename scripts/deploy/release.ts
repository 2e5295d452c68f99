import { type Gcloud, shellLine } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import { backCommand, logsCommand, TAG, trafficCommand } from './commands.ts'
import { type Candidate, type Standing, standingOf } from './standing.ts'

/** What a release is made of. */
export interface Release {
  readonly place: Place
  /** Makes the revision without traffic. */
  readonly command: readonly string[]
  /** Resolves to what is wrong with the revision, or null. */
  readonly probe: (candidate: Candidate, service: Standing) => Promise<string | null>
}

/** What a release works with. */
export interface Hands {
  readonly run: Gcloud
  readonly say: (line: string) => void
}

/** The revision that serves now, or lines for people on why none does, and what to do. */
export type Released = { readonly revision: string } | { readonly problem: readonly string[] }

/** Makes a revision, tries it, and gives it the traffic; what goes wrong before that leaves the traffic where it was. */
export async function release({ place, command, probe }: Release, hands: Hands): Promise<Released> {
  const { run, say } = hands
  const before = await standingOf(place, run)
  const { serving } = before
  if (serving === null) return { problem: splitLines(place) }
  await perform(command, hands)
  const made = await standingOf(place, run)
  const { candidate } = made
  if (candidate === null || candidate.revision === before.candidate?.revision)
    return {
      problem: [`${place.service} shows no new revision under the tag ${TAG}. ${serving} still serves.`],
    }
  say(`Revision ${candidate.revision} has no traffic yet, and this address: ${candidate.url}`)
  const wrong = (await probe(candidate, made)) ?? movedSince(before, await standingOf(place, run), candidate)
  if (wrong !== null) return { problem: refusalLines(place, candidate, serving, wrong) }
  await perform(trafficCommand(place), hands)
  const after = await standingOf(place, run)
  if (after.serving !== candidate.revision) return { problem: elsewhereLines(place, candidate, after) }
  say(`${candidate.revision} serves. The way back to ${serving}:`)
  say(`  $ ${shellLine(backCommand(place, serving))}`)
  return { revision: candidate.revision }
}

async function perform(command: readonly string[], { run, say }: Hands): Promise<void> {
  say(`$ ${shellLine(command)}`)
  await run(command)
}

/** What somebody else did meanwhile: then it is not for this command to give the traffic to anything. */
function movedSince(before: Standing, now: Standing, { revision }: Candidate): string | null {
  if (now.serving !== before.serving)
    return `the traffic was moved meanwhile, from ${before.serving} to ${now.serving ?? 'several revisions'}`
  if (now.latest !== revision)
    return `another revision was made meanwhile: ${now.latest ?? 'none'} is the latest that is ready`
  return null
}

function refusalLines(place: Place, { revision }: Candidate, serving: string, wrong: string): string[] {
  return [
    `Stopped: ${wrong}`,
    `No traffic was moved here; ${serving} served when this began. ${revision} stays under the tag ${TAG}. Look at what it wrote:`,
    `  $ ${shellLine(logsCommand(place, revision))}`,
  ]
}

function elsewhereLines(place: Place, { revision }: Candidate, after: Standing): string[] {
  return [
    `The traffic went to ${after.serving ?? 'several revisions'}, not to ${revision}: somebody deployed in the same moment.`,
    'See which of them is wanted, and give it the traffic. This one:',
    `  $ ${shellLine(backCommand(place, revision))}`,
  ]
}

function splitLines(place: Place): string[] {
  return [
    `No revision of ${place.service} has all the traffic, so there is none to come back to. Give it to one first:`,
    `  $ ${shellLine(backCommand(place, 'REVISION'))}`,
  ]
}
