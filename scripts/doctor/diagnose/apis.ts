import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { type Found, judged, none } from '../line.ts'
import type { OfCloud } from './of-cloud.ts'

/** The APIs that everything here is made of; `infra/apis.tf` switches on the same. */
export const APIS: readonly string[] = [
  'artifactregistry',
  'cloudbuild',
  'cloudresourcemanager',
  'cloudscheduler',
  'firestore',
  'iam',
  'iamcredentials',
  'iap',
  'logging',
  'monitoring',
  'run',
]

/** Is each one switched on? That of Secret Manager where a secret is read. */
export function apiLines({ where, cloud: { apis, secrets } }: OfCloud): Found[] {
  const what = 'the APIs are enabled'
  return judged(what, apis, ({ names }) => {
    const hasSecrets = secrets.ok && secrets.value.length > 0
    const needed = [...APIS, ...(hasSecrets ? ['secretmanager'] : [])].map((name) => `${name}.googleapis.com`)
    const missing = needed.filter((name) => !names.includes(name))
    const mend = shellLine(['services', 'enable', ...missing, `--project=${where.project}`])
    return none(what, missing, `${needed.length} of ${needed.length}`, mend)
  })
}
