import { textOf } from '../../functions/config.ts'
import { YOU } from '../dev/stack/settings.ts'
import { quoted, shellLine } from '../rollout/cloud/gcloud.ts'
import { placeArgs } from '../rollout/cloud/update.ts'
import type { Facts } from './facts.ts'

/** Commands that mend, as they are pasted into a shell in the project's folder. */
export interface Mends {
  /** Carries the setup of Cloud Scheduler out; null where the flags are not known. */
  setup(option?: '--resume' | '--delete' | '--run'): string | null
  rollout(words: string): string
  /** Asks the service as an operator. */
  call(method: 'GET' | 'POST', path: string): string
  /** What Terraform owns is mended in its files, then so; null against the local stack. */
  apply(): string | null
  /** The last lines of the service's log; null against the local stack, which shows them as they come. */
  logs(): string | null
}

/** What the setup reads. */
const SETUP_FLAGS = [
  'GOOGLE_CLOUD_PROJECT',
  'SCHEDULER_LOCATION',
  'SCHEDULER_API_ENDPOINT',
  'SCHEDULER_TARGET_URL',
  'SCHEDULER_OIDC_AUDIENCE',
  'SCHEDULER_SERVICE_ACCOUNT',
  'SCHEDULER_LANES',
  'SCHEDULER_CADENCE',
  'SCHEDULER_TIMEZONE',
  'SCHEDULER_TICK_BUDGET_SECONDS',
  'SCHEDULER_REQUEST_TIMEOUT_SECONDS',
] as const

/** The commands for the place that was looked at. */
export function mendsFor({ where, url, flags, setup_env }: Facts): Mends {
  const env = flags.ok ? flags.value : {}
  return {
    setup(option) {
      if (!setup_env.ok) return null
      const set = SETUP_FLAGS.flatMap((name) => {
        const text = textOf(setup_env.value, name)
        return text === null ? [] : [`${name}=${quoted(text)}`]
      })
      return [...set, 'npm run setup', ...(option === undefined ? [] : ['--', option])].join(' ')
    },
    rollout: (words) => `npm run rollout -- ${words} ${placeWords(where)}`,
    call(method, path) {
      const how = method === 'GET' ? '' : "-X POST -H 'Content-Type: application/json' -d '{}' "
      return `curl ${how}-H "Authorization: Bearer ${tokenWords(env, url)}" ${quoted(url + path)}`
    },
    apply() {
      if (where.kind === 'local') return null
      const environment = textOf(env, 'ENVIRONMENT') === 'qa' ? 'qa' : 'production'
      return `terraform -chdir=infra apply -var-file=${environment}.tfvars`
    },
    logs: () =>
      where.kind === 'local'
        ? null
        : shellLine(['run', 'services', 'logs', 'read', where.service, ...placeArgs(where), '--limit=50']),
  }
}

function placeWords(where: Facts['where']): string {
  if (where.kind === 'local') return '--local'
  return `--service ${where.service} --project ${where.project} --region ${where.region}`
}

/** The issuer of development gives a token to everybody; Google's, to a service account that is an operator. */
function tokenWords(env: Readonly<Record<string, string | undefined>>, url: string): string {
  const issuer = textOf(env, 'SCHEDULER_TOKEN_URL')
  const audience = textOf(env, 'SCHEDULER_OIDC_AUDIENCE') ?? url
  return issuer === null ? '$OPERATOR_TOKEN' : `$(curl -s '${issuer}?email=${YOU}&audience=${audience}')`
}
