import type { Env } from '../../../functions/config.ts'
import { textOf } from '../../../functions/config.ts'
import { storageOf, withChanges } from '../flags.ts'
import type { FlagChanges } from '../platform.ts'
import type { Description } from './description.ts'
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

/**
 * The gcloud commands, in order, that give the service these flags. The json storage takes one process: the one before is
 * stopped first, and there is one instance at most. The in-process loop needs CPU between requests.
 */
export function updateCommands(place: Place, changes: FlagChanges, env: Env, now: Description): string[][] {
  const after = withChanges(env, changes)
  const stopping = !now.stopped && (storageOf(env) === 'json' || storageOf(after) === 'json')
  const starting = now.stopped || stopping
  const update = [
    ...(starting ? ['beta'] : []),
    'run',
    'services',
    'update',
    place.service,
    ...placeArgs(place),
    ...envArgs(changes),
    ...capacityArgs(after, now, starting),
  ]
  return [...(stopping ? [stopCommand(place)] : []), update]
}

/** The gcloud command that gives a service these flags, and leaves the rest of it alone. */
export function flagCommand(place: Place, changes: FlagChanges): string[] {
  return ['run', 'services', 'update', place.service, ...placeArgs(place), ...envArgs(changes)]
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

function capacityArgs(after: Env, now: Description, starting: boolean): string[] {
  const hasLoop = textOf(after, 'ROLLOUT_LEGACY_LOOP') === 'on'
  const hasCpu = now.capacity.cpu_always && now.capacity.min_instances >= 1
  const isOne = now.max_instances === 1
  const isJson = storageOf(after) === 'json'
  return [
    ...(hasLoop && (!hasCpu || starting) ? ['--no-cpu-throttling', '--min-instances=1'] : []),
    ...(isJson && !isOne ? ['--max-instances=1'] : []),
    ...(!isJson && isOne && starting ? ['--max-instances=default'] : []),
    ...(starting ? ['--scaling=auto', '--min=default', '--max=default'] : []),
  ]
}
