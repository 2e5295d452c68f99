import { join } from 'node:path'
import type { Env } from '../../../functions/config.ts'

/** Who the local stack knows: the scheduler, you, and a legacy scheduler that lives elsewhere. */
export const SCHEDULER_ACCOUNT = 'scheduler@local-project.iam.gserviceaccount.com'
export const YOU = 'you@example.com'
const LEGACY_ACCOUNT = 'legacy@local-project.iam.gserviceaccount.com'

/** The Google Cloud project that it plays. */
export const PROJECT = 'local-project'

/** The lane of short periods dwells: its ticks wait for what falls due next. */
export const LANES = 'high:dwell,low'
export const DWELLING = ['high']

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
  readonly certs_url: string
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
    SCHEDULER_TOKEN_KEYS_URL: options.certs_url,
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
  'SCHEDULER_API_ENDPOINT',
]

/** Is this one of the flags that the service is deployed with, and that it tells? */
export function isServiceFlag(name: string): boolean {
  return name === 'ENVIRONMENT' || /^(SCHEDULER|ROLLOUT|DATABASE)_[A-Z0-9_]{1,60}$/.test(name)
}
