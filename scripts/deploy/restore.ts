import { shellLine } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import { reasonOf } from '../rollout/failure.ts'
import { imageCommand, trafficCommand, untagCommand } from './commands.ts'
import { type Hands, perform } from './hands.ts'
import { isPlaceholder, servingOf, standingOf } from './standing.ts'

/** What served when the refused revision was made. */
export interface Known {
  readonly place: Place
  readonly serving: string
  readonly image: string
}

/**
 * Makes the service from the image that serves: else the refused one would come with the next flag that is changed. Resolves to lines
 * for people on how that went; never rejects.
 */
export async function restore({ place, serving, image }: Known, hands: Hands): Promise<string[]> {
  const isFirst = isPlaceholder(image)
  const commands = isFirst ? [untagCommand(place)] : [imageCommand(place, image), trafficCommand(place)]
  try {
    for (const command of commands) await perform(command, hands)
    if (isFirst) return [`No traffic was moved: ${serving} still serves, which is Terraform’s placeholder.`]
    const now = servingOf(await standingOf(place, hands.run), place)
    return [`${place.service} is made from the image of ${serving} again: ${now} serves it.`]
  } catch (error) {
    return [
      `${place.service} could not be made from the image of ${serving} again: ${reasonOf(error)}`,
      'The refused image would come with the next flag that is changed. Once the reason is gone, run:',
      ...commands.map((command) => `  $ ${shellLine(command)}`),
    ]
  }
}
