import { join } from 'node:path'
import type { Env } from '../../../functions/config.ts'

/** Who the local stack knows: the scheduler, and you. */
export const SCHEDULER_ACCOUNT = 'scheduler@local-project.iam.gserviceaccount.com'
export const YOU = 'you@example.com'

/** The lane of short periods dwells: its ticks wait for what falls due next. */
export const LANES = 'high:dwell,low'
export const DWELLING = ['high']

/** The files that the stack keeps in its folder. */
export function filesIn(folder: string) {
  const state = join(folder, 'state.json')
  return { state, journal: `${state}.journal`, cloud_scheduler: join(folder, 'cloud-scheduler.json') }
}

/** The environment of the function, and of the setup script: that of this shell, and what makes it local. */
export function environment(options: {
  readonly env: Env
  readonly port: number
  readonly folder: string
  readonly certs_url: string
  readonly demo_url: string
}): Env {
  const url = `http://localhost:${options.port}`
  return {
    ...options.env,
    NODE_ENV: 'production',
    METADATA_SERVER_DETECTION: 'none',
    ENVIRONMENT: 'local',
    GOOGLE_CLOUD_PROJECT: 'local-project',
    SCHEDULER_STORAGE: 'json',
    SCHEDULER_STORAGE_FILE: filesIn(options.folder).state,
    SCHEDULER_LANES: LANES,
    // Short, so that what a killed stack had under way goes on within a minute of the next start.
    SCHEDULER_LEASE_SECONDS: '60',
    SCHEDULER_OIDC_AUDIENCE: url,
    SCHEDULER_TARGET_URL: url,
    SCHEDULER_SERVICE_ACCOUNT: SCHEDULER_ACCOUNT,
    SCHEDULER_PRINCIPALS: JSON.stringify({ [YOU]: { roles: ['operator'] } }),
    SCHEDULER_TOKEN_KEYS_URL: options.certs_url,
    DEMO_SERVICE_URL: options.demo_url,
  }
}
