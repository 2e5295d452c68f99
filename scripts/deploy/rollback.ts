import { shellLine } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import { backCommand } from './commands.ts'
import type { Hands, Released } from './release.ts'
import { revisionBefore, standingOf } from './standing.ts'

/** Gives the traffic to the version before the one that serves. Run again, it goes one further back. */
export async function rollBack(place: Place, { run, say }: Hands): Promise<Released> {
  const { serving } = await standingOf(place, run)
  if (serving === null)
    return {
      problem: [
        `No revision of ${place.service} has all the traffic: say which shall have it.`,
        wayLine(place, 'REVISION'),
      ],
    }
  const earlier = await revisionBefore(place, serving, run)
  if (earlier === null)
    return { problem: [`${place.service} has no version before ${serving}; it goes on serving.`] }
  const command = backCommand(place, earlier)
  say(`$ ${shellLine(command)}`)
  await run(command)
  const after = await standingOf(place, run)
  if (after.serving !== earlier)
    return {
      problem: [
        `The traffic is at ${after.serving ?? 'several revisions'}, not at ${earlier}. Run this again.`,
      ],
    }
  say(`${earlier} serves again. The way forward to ${serving}:`)
  say(wayLine(place, serving))
  return { revision: earlier }
}

function wayLine(place: Place, revision: string): string {
  return `  $ ${shellLine(backCommand(place, revision))}`
}
