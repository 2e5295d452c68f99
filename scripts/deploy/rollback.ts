import { type Revision, readRevision, readRevisions } from '../rollout/cloud/description.ts'
import type { Gcloud } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import { describeRevisionCommand, listCommand } from './commands.ts'
import { isPlaceholder, servingOf, standingOf } from './standing.ts'

/** How far back a rollback looks. */
export const MOST_REVISIONS = 50

/** The revision whose image a rollback releases: the one that was named, else the version before. Rejects where there is none. */
export async function versionWanted(place: Place, to: string | null, run: Gcloud): Promise<Revision> {
  if (to !== null) return readRevision(await run(describeRevisionCommand(place, to)))
  const serving = servingOf(await standingOf(place, run), place)
  const found = chosen(readRevisions(await run(listCommand(place, MOST_REVISIONS))), serving)
  if (found !== null) return found
  throw new Error(
    `${place.service} has no version before ${serving}, which goes on serving. Another is named with --to.`,
  )
}

/** Of these, the latest first. Where the latest has another image than serves, the traffic was taken back by hand: that shall last. */
function chosen(revisions: readonly Revision[], serving: string): Revision | null {
  const now = revisions.find(({ name }) => name === serving)
  if (now === undefined) return null
  const isTakenBack = revisions[0]?.image !== now.image
  const older = revisions.slice(revisions.indexOf(now) + 1).filter(({ image }) => image !== now.image)
  const fit = (isTakenBack ? [now] : older).filter((one) => one.is_ready && !isPlaceholder(one.image))
  return fit[0] ?? null
}
