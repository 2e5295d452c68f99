import type { Lane } from '../../functions/config/lanes.ts'
import { type Env, loadConfig, textOf } from '../../functions/config.ts'
import { type Problem, TickoverError } from '../../functions/errors.ts'
import { unseenSecret } from '../rollout/cloud/description.ts'

/** What the Cloud Scheduler jobs are made from: the flags of the same names, with nothing missing. */
export interface Settings {
  readonly project: string
  readonly location: string
  readonly lanes: readonly Lane[]
  readonly cadence: string
  readonly time_zone: string
  /** Where a tick is posted; without a path, to `/cron/tick` there. */
  readonly target_url: string
  readonly audience: string
  readonly scheduler_account: string
  readonly request_timeout_seconds: number
  /** host:port of an emulator; null for the real service. */
  readonly scheduler_endpoint: string | null
}

// Optional or defaulted elsewhere; a job made from a guess would tick at the wrong place or be refused each time.
const REQUIRED = [
  'GOOGLE_CLOUD_PROJECT',
  'SCHEDULER_TARGET_URL',
  'SCHEDULER_OIDC_AUDIENCE',
  'SCHEDULER_SERVICE_ACCOUNT',
] as const

/** Reads and checks the flags. Throws one `TickoverError('configuration')` with every problem. */
export function loadSettings(env: Env): Settings {
  const { config, problems } = tryConfig(withUnseenSecrets(env))
  const missing = REQUIRED.filter((name) => textOf(env, name) === null)
  const all = [
    ...problems.filter(({ field }) => !missing.some((name) => name === field)),
    ...missing.map((field) => ({ field, message: 'is required to set up Cloud Scheduler' })),
    ...(config === undefined ? [] : mismatches(config)),
  ]
  if (config === undefined || all.length > 0) {
    const list = all.map(({ field, message }) => `${field} ${message}`).join('; ')
    throw new TickoverError('configuration', `Correct these flags, then run the setup again: ${list}`, {
      problems: all,
    })
  }
  const { project, target_url, scheduler_account } = config
  return {
    ...config,
    project: project ?? '',
    target_url: target_url ?? '',
    scheduler_account: scheduler_account ?? '',
  }
}

type Config = ReturnType<typeof loadConfig>

/** No Cloud Scheduler job needs a service's key: whoever sets them up need not know one. */
function withUnseenSecrets(env: Env): Env {
  const lacking = tryConfig(env).problems.filter(({ field }) => textOf(env, field) === null)
  return { ...env, ...Object.fromEntries(lacking.map(({ field }) => [field, unseenSecret(field)])) }
}

function tryConfig(env: Env): { config?: Config; problems: readonly Problem[] } {
  try {
    return { config: loadConfig(env), problems: [] }
  } catch (error) {
    if (error instanceof TickoverError && error.code === 'configuration') return { problems: error.problems }
    throw error
  }
}

function mismatches({ target_url, scheduler_endpoint }: Config): Problem[] {
  // A token sent in the clear is a token given away; Cloud Run serves https.
  const open = target_url?.startsWith('http:') === true && scheduler_endpoint === null
  return open
    ? [
        {
          field: 'SCHEDULER_TARGET_URL',
          message: 'must be https unless SCHEDULER_API_ENDPOINT names an emulator',
        },
      ]
    : []
}
