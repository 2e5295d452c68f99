import { type Env, textOf } from '../../../functions/config.ts'
import { storageOf, withChanges } from '../flags.ts'
import type { FlagChanges } from '../platform.ts'
import type { Description, Revision } from './description.ts'
import { dictionary } from './gcloud.ts'

/** A service, as gcloud names it. */
export interface Place {
  readonly service: string
  readonly project: string
  readonly region: string
}

/** Where a command looks. */
export function placeArgs({ project, region }: Pick<Place, 'project' | 'region'>): string[] {
  return [`--region=${region}`, `--project=${project}`]
}

/** A service, and the revision of it that serves. */
export interface Stand {
  readonly now: Description
  readonly serving: Revision
}

/**
 * The gcloud commands, in order, that give the service these flags. The json storage takes one process: the one before is
 * stopped first, and there is one instance at most. The in-process loop needs CPU between requests.
 */
export function updateCommands(place: Place, changes: FlagChanges, stand: Stand): string[][] {
  const { flags } = stand.serving
  const after = withChanges(flags, changes)
  const { stopped } = stand.now
  const stopping = !stopped && (storageOf(flags) === 'json' || storageOf(after) === 'json')
  const starting = stopped || stopping
  const [, ...update] = flagCommand(place, changes, stand)
  return [
    ...(stopping ? [stopCommand(place)] : []),
    [...(starting ? ['beta', 'run'] : ['run']), ...update, ...capacityArgs(after, stand.now, starting)],
  ]
}

/** The gcloud command that gives a service these flags, and leaves the rest of it as it serves. */
export function flagCommand(place: Place, changes: FlagChanges, stand: Stand): string[] {
  const update = ['run', 'services', 'update', place.service, ...placeArgs(place)]
  return [...update, ...envArgs(changes), ...imageArgs(stand)]
}

/** A new revision has the image of the latest one. Where another serves, the latest was refused or taken back: it may not return. */
function imageArgs({ now, serving }: Stand): string[] {
  return serving.name === now.created ? [] : [`--image=${serving.image}`]
}

/** Manual scaling to no instance. */
export function stopCommand(place: Place): string[] {
  return ['beta', 'run', 'services', 'update', place.service, ...placeArgs(place), '--scaling=0']
}

function envArgs(changes: FlagChanges): string[] {
  const set = Object.entries(changes).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  )
  const unset = Object.entries(changes).flatMap(([name, value]) => (value === null ? [name] : []))
  return [
    ...(set.length > 0 ? [`--update-env-vars=${dictionary(set)}`] : []),
    ...(unset.length > 0 ? [`--remove-env-vars=${unset.join(',')}`] : []),
  ]
}

/** What gcloud's stop took away, the service's own least and most, stays away: `--scaling=auto` needs neither. */
function capacityArgs(after: Env, now: Description, starting: boolean): string[] {
  const hasLoop = textOf(after, 'ROLLOUT_LEGACY_LOOP') === 'on'
  const hasCpu = now.capacity.cpu_always && now.capacity.min_instances >= 1
  const isOne = now.max_instances === 1
  const isJson = storageOf(after) === 'json'
  return [
    ...(starting ? ['--scaling=auto'] : []),
    // Of the service, not of the revision: one without traffic, under a tag, would have an instance and run the loop for good.
    ...(hasLoop && (!hasCpu || starting) ? ['--no-cpu-throttling', '--min=1'] : []),
    // One process for everything, which then must take more than one request at a time.
    ...(isJson && !isOne ? ['--max-instances=1', '--concurrency=80'] : []),
    ...(!isJson && isOne && starting ? ['--max-instances=default', '--concurrency=1'] : []),
  ]
}
