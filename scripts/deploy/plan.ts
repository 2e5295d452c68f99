import { shellLine } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import type { Command } from './arguments.ts'
import {
  describeCommand,
  describeRevisionCommand,
  imageCommand,
  listCommand,
  tagCommand,
  trafficCommand,
  uploadCommand,
} from './commands.ts'
import { MOST_REVISIONS } from './rollback.ts'

/** Every command in its order. What only the cloud knows stands in capitals. */
export function planLines(command: Command, api: Place, page: Place | null, source: string): string[] {
  const isBack = command.verb === 'rollback'
  const first = isBack ? imageCommand(api, 'IMAGE_OF_THAT_VERSION') : uploadCommand(api, source)
  return [
    isBack ? `Back to the version ${command.to === null ? 'before' : `of ${command.to}`}:` : 'To be done:',
    ...commandLines([describeCommand(api), describeRevisionCommand(api, 'SERVING')]),
    '  an operator’s ID token for the audience of its flags',
    ...(isBack ? wantedLines(api, command.to) : [`  build ${source}/`]),
    ...releaseLines(api, first, [
      ...commandLines([describeRevisionCommand(api, 'CANDIDATE')]),
      '  GET CANDIDATE_URL/health: 200',
      '  POST CANDIDATE_URL/cron/tick without a token: 401 or 403',
      '  POST CANDIDATE_URL/cron/tick, signed, one job at most: 200, by CANDIDATE at the stage of its flags',
    ]),
    ...(page === null ? [] : pageLines(api, page)),
    'A candidate that is refused: its service is made from the image of what serves again.',
  ]
}

function wantedLines(api: Place, to: string | null): string[] {
  if (to !== null) return commandLines([describeRevisionCommand(api, to)])
  return commandLines([describeCommand(api), listCommand(api, MOST_REVISIONS)])
}

function pageLines(api: Place, page: Place): string[] {
  return [
    ...commandLines([describeRevisionCommand(api, 'CANDIDATE')]),
    ...releaseLines(page, imageCommand(page, 'IMAGE_OF_CANDIDATE'), [
      '  GET CANDIDATE_URL/admin without credentials: 302 or 401',
    ]),
  ]
}

/** Between these commands the service is looked at again: nobody else may have changed it. */
function releaseLines(place: Place, command: readonly string[], trial: readonly string[]): string[] {
  return [
    ...commandLines([
      describeCommand(place),
      describeRevisionCommand(place, 'SERVING'),
      command,
      tagCommand(place, 'CANDIDATE'),
    ]),
    ...trial,
    ...commandLines([trafficCommand(place)]),
  ]
}

function commandLines(commands: readonly (readonly string[])[]): string[] {
  return commands.map((command) => `  $ ${shellLine(command)}`)
}
