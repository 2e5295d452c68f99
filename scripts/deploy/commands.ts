import { type Place, placeArgs } from '../rollout/cloud/update.ts'

/** Under this tag a revision without traffic has an address of its own. */
export const TAG = 'candidate'
/** The function that `functions/index.ts` registers. */
const TARGET = 'scheduler'
const BASE_IMAGE = 'nodejs24'
/** Without `--tag`: that would write the revision's name into the service, where Terraform finds it and the next one collides with it. */
const ASIDE = '--no-traffic'

/** A revision without traffic, built in the cloud from the upload. What Terraform owns is not said, so it stays. */
export function uploadCommand(place: Place, source: string): string[] {
  const code = [`--source=${source}`, `--function=${TARGET}`, `--base-image=${BASE_IMAGE}`]
  return ['run', 'deploy', place.service, ...placeArgs(place), ...code, builderArg(place), ASIDE]
}

/** The account that Terraform makes for builds: the default one is often an editor of the whole project. */
function builderArg({ service, project }: Place): string {
  return `--build-service-account=projects/${project}/serviceAccounts/${service}-build@${project}.iam.gserviceaccount.com`
}

/** A revision without traffic of an image that is there, with today's flags. */
export function imageCommand(place: Place, image: string): string[] {
  const code = [`--image=${image}`, `--base-image=${BASE_IMAGE}`]
  return ['run', 'deploy', place.service, ...placeArgs(place), ...code, ASIDE]
}

/** Gives a revision the tag, and no traffic. Other tags are left alone. */
export function tagCommand(place: Place, revision: string): string[] {
  return [...updateTraffic(place), `--update-tags=${TAG}=${revision}`]
}

/** Takes the tag away, and leaves the traffic alone. */
export function untagCommand(place: Place): string[] {
  return [...updateTraffic(place), `--remove-tags=${TAG}`]
}

/** All traffic to the latest revision, also of those that a later `terraform apply` makes; the tag is done with. */
export function trafficCommand(place: Place): string[] {
  return [...untagCommand(place), '--to-latest']
}

/** All traffic to this revision. */
export function backCommand(place: Place, revision: string): string[] {
  return [...updateTraffic(place), `--to-revisions=${revision}=100`]
}

/** What a revision wrote last. */
export function logsCommand(place: Place, revision: string): string[] {
  const filter = `--log-filter=resource.labels.revision_name="${revision}"`
  return ['run', 'services', 'logs', 'read', place.service, ...placeArgs(place), filter, '--limit=50']
}

export function describeCommand(place: Place): string[] {
  return ['run', 'services', 'describe', place.service, ...placeArgs(place), '--format=json']
}

export function describeRevisionCommand(place: Place, revision: string): string[] {
  return ['run', 'revisions', 'describe', revision, ...placeArgs(place), '--format=json']
}

/** The latest revisions first, at most `most`. */
export function listCommand(place: Place, most: number): string[] {
  const order = ['--sort-by=~metadata.creationTimestamp', `--limit=${most}`, '--format=json']
  return ['run', 'revisions', 'list', `--service=${place.service}`, ...placeArgs(place), ...order]
}

function updateTraffic(place: Place): string[] {
  return ['run', 'services', 'update-traffic', place.service, ...placeArgs(place)]
}
