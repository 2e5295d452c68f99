import { shellLine } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import type { Command } from './arguments.ts'
import {
  backCommand,
  describeCommand,
  describeRevisionCommand,
  listCommand,
  pageCommand,
  trafficCommand,
  uploadCommand,
} from './commands.ts'
import { MOST_REVISIONS } from './standing.ts'

/** Every command in its order. What only the cloud knows stands in capitals. */
export function planLines({ verb }: Command, api: Place, page: Place | null, source: string): string[] {
  const places = page === null ? [api] : [api, page]
  if (verb === 'rollback') return ['Back to the version before:', ...places.flatMap(backLines)]
  return [
    'To be done:',
    `  build ${source}/`,
    ...commandLines([
      describeCommand(api),
      uploadCommand(api, source),
      describeRevisionCommand(api, 'CANDIDATE'),
    ]),
    '  GET CANDIDATE_URL/health: 200',
    '  POST CANDIDATE_URL/cron/tick without a token: 401 or 403',
    '  POST CANDIDATE_URL/cron/tick, signed, one job at most: 200, by CANDIDATE at the stage of its flags',
    ...commandLines([trafficCommand(api)]),
    ...(page === null ? [] : pageLines(api, page)),
  ]
}

function pageLines(api: Place, page: Place): string[] {
  return [
    ...commandLines([
      describeRevisionCommand(api, 'CANDIDATE'),
      describeCommand(page),
      pageCommand(page, 'IMAGE_OF_CANDIDATE'),
    ]),
    '  GET CANDIDATE_URL/admin without credentials: 302, 401 or 403',
    ...commandLines([trafficCommand(page)]),
  ]
}

function backLines(place: Place): string[] {
  return commandLines([
    describeCommand(place),
    listCommand(place, MOST_REVISIONS),
    backCommand(place, 'VERSION_BEFORE'),
  ])
}

function commandLines(commands: readonly (readonly string[])[]): string[] {
  return commands.map((command) => `  $ ${shellLine(command)}`)
}
