import { join } from 'node:path'
import type { Env } from '../../../functions/config.ts'
import type { Issuer } from '../issuer.ts'

/** Who the local stack knows: the scheduler, you, and a legacy scheduler that lives elsewhere. */
export const SCHEDULER_ACCOUNT = 'scheduler@local-project.iam.gserviceaccount.com'
export const YOU = 'you@example.com'
const LEGACY_ACCOUNT = 'legacy@local-project.iam.gserviceaccount.com'

/** The Google Cloud project that it plays. */
export const PROJECT = 'local-project'

/** What the local IAP signs its assertions for. */
export const IAP_AUDIENCE = '/projects/0/locations/local/services/tickover'

/** The lane of short periods dwells: its ticks wait for what falls due next. */
export const LANES = 'high:dwell,low'
export const DWELLING = ['high']
export const SERVICES_LANE = 'low'

/** The files that the stack keeps in its folder. */
export function filesIn(folder: string) {
  const state = join(folder, 'state.json')
  return {
    state,
    journal: `${state}.journal`,
    cloud_scheduler: join(folder, 'cloud-scheduler.json'),
    flags: join(folder, 'flags.json'),
    stack: join(folder, 'stack.json'),
  }
}

/** The flags that make the function a part of this stack. */
export function localFlags(options: {
  readonly port: number
  readonly folder: string
  readonly storage: 'json' | 'firestore'
  readonly issuer: Pick<Issuer, 'url' | 'certs_url' | 'iap_keys_url'>
}) {
  const url = `http://localhost:${options.port}`
  return {
    ENVIRONMENT: 'local',
    SCHEDULER_STORAGE: options.storage,
    SCHEDULER_STORAGE_FILE: filesIn(options.folder).state,
    SCHEDULER_LANES: LANES,
    // Short, so that what a killed stack had under way goes on within a minute of the next start.
    SCHEDULER_LEASE_SECONDS: '60',
    SCHEDULER_OIDC_AUDIENCE: url,
    SCHEDULER_TARGET_URL: url,
    SCHEDULER_SERVICE_ACCOUNT: SCHEDULER_ACCOUNT,
    SCHEDULER_PRINCIPALS: JSON.stringify({
      [YOU]: { roles: ['operator'] },
      [LEGACY_ACCOUNT]: { roles: ['legacy'] },
    }),
    SCHEDULER_TOKEN_KEYS_URL: options.issuer.certs_url,
    SCHEDULER_TOKEN_URL: `${options.issuer.url}/token`,
    SCHEDULER_SURFACE: 'both',
    SCHEDULER_IAP_AUDIENCE: IAP_AUDIENCE,
    SCHEDULER_IAP_KEYS_URL: options.issuer.iap_keys_url,
  } as const
}

/** What the function needs beside its flags. */
export function surroundings(demo_url: string): Env {
  return {
    NODE_ENV: 'production',
    METADATA_SERVER_DETECTION: 'none',
    GOOGLE_CLOUD_PROJECT: PROJECT,
    DEMO_SERVICE_URL: demo_url,
  }
}

/** Of the flags that make the function local, those that nobody else may set: without them it is no part of the stack. */
export const OWN_FLAGS: readonly string[] = [
  'SCHEDULER_STORAGE_FILE',
  'SCHEDULER_OIDC_AUDIENCE',
  'SCHEDULER_TARGET_URL',
  'SCHEDULER_SERVICE_ACCOUNT',
  'SCHEDULER_TOKEN_KEYS_URL',
  'SCHEDULER_TOKEN_URL',
  'SCHEDULER_SERVICES',
  'SCHEDULER_SURFACE',
  'SCHEDULER_IAP_AUDIENCE',
  'SCHEDULER_IAP_KEYS_URL',
  'SCHEDULER_API_ENDPOINT',
]

/** Is this one of the flags that a deploy can choose? */
export function isServiceFlag(name: string): boolean {
  return name === 'ENVIRONMENT' || /^(SCHEDULER|ROLLOUT|DATABASE)_[A-Z0-9_]{1,60}$/.test(name)
}

/** May programs of this machine know it: such a flag, or where a service is? Then it makes a whole configuration, without a secret. */
export function isTold(name: string): boolean {
  return isServiceFlag(name) || /^[A-Z0-9_]{1,60}_SERVICE_URL$/.test(name)
}
