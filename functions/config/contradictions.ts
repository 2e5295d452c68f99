import type { Principal } from '../auth/principals.ts'
import { type Problem, TickoverError } from '../errors.ts'
import { validateSchedule } from '../schedule/schedule.ts'
import type { Lane } from './lanes.ts'
import type { Service } from './services.ts'

/** The values that can contradict each other; a value that is wrong by itself is absent. */
export interface Values {
  readonly environment?: 'local' | 'qa' | 'production'
  readonly storage?: 'json' | 'firestore'
  readonly allow_json_in_production?: 'yes' | 'no'
  readonly cadence?: string
  readonly time_zone?: string
  readonly lanes?: readonly Lane[]
  readonly principals?: readonly Principal[]
  readonly services?: readonly Service[]
  readonly surface?: 'api' | 'page' | 'both' | null
  readonly tick_budget_seconds?: number
  readonly request_timeout_seconds?: number
  readonly stage?: number
  readonly shadow_mode?: boolean | null
  readonly legacy_loop?: 'on' | 'off'
  readonly canary_percent?: number
  readonly canary_jobs?: readonly string[]
  readonly canary_split?: 'stable' | 'alternate'
  readonly private_hosts?: readonly string[]
}

interface Rule {
  readonly field: string
  readonly message: string
  readonly isBroken: (values: Values, isUnset: boolean) => boolean
}

const isAway = ({ environment }: Values) => environment === 'qa' || environment === 'production'
const inProduction = ({ environment }: Values) => environment === 'production'

const isNamed = (name: string) => (one: { readonly name: string }) => one.name === name

const hasCanary = ({ canary_percent = 0, canary_jobs = [] }: Values) =>
  canary_percent > 0 || canary_jobs.length > 0

/** The combinations of stage, loop, shadow and canary that contradict each other. */
const ROLLOUT_RULES: readonly Rule[] = [
  {
    field: 'ROLLOUT_STAGE',
    message: 'must be named when another ROLLOUT_ flag is set: unset, it means that nothing is moved (5)',
    isBroken: (values, isUnset) =>
      isUnset && (values.legacy_loop === 'on' || hasCanary(values) || values.canary_split === 'alternate'),
  },
  {
    field: 'ROLLOUT_STAGE',
    message: 'is 2, which is for qa alone; production goes from 1 to 3 once qa has passed 2',
    isBroken: (values) => inProduction(values) && values.stage === 2,
  },
  {
    field: 'ROLLOUT_LEGACY_LOOP',
    message: 'is on, but at stages 2 and 5 the ticks have every job and nothing is compared; set off',
    isBroken: ({ legacy_loop, stage }, isUnset) =>
      !isUnset && legacy_loop === 'on' && (stage === 2 || stage === 5),
  },
  {
    field: 'ROLLOUT_LEGACY_LOOP',
    message: 'is on, but at stage 4 it runs in shadow only; set SCHEDULER_SHADOW_MODE=true, or the loop off',
    isBroken: ({ legacy_loop, stage, shadow_mode }) =>
      legacy_loop === 'on' && stage === 4 && shadow_mode !== true,
  },
  {
    field: 'SCHEDULER_SHADOW_MODE',
    message: 'is true, but there is something to compare at stages 3 and 4 only; unset it',
    isBroken: ({ shadow_mode, stage }) =>
      shadow_mode === true && stage !== undefined && stage !== 3 && stage !== 4,
  },
  {
    field: 'SCHEDULER_SHADOW_MODE',
    message:
      'is true at stage 4, where the loop is what runs in shadow; set ROLLOUT_LEGACY_LOOP=on, or unset it',
    isBroken: ({ shadow_mode, stage, legacy_loop }) =>
      shadow_mode === true && stage === 4 && legacy_loop !== 'on',
  },
  {
    field: 'SCHEDULER_SHADOW_MODE',
    message:
      'is true, but with ROLLOUT_CANARY_SPLIT=alternate both paths are live in turn; unset one of them',
    isBroken: ({ shadow_mode, canary_split }) => shadow_mode === true && canary_split === 'alternate',
  },
  {
    field: 'ROLLOUT_CANARY_PERCENT',
    message: 'and the other ROLLOUT_CANARY_ flags count at stage 3 only; unset them',
    isBroken: (values) =>
      values.stage !== undefined &&
      values.stage !== 3 &&
      (hasCanary(values) || values.canary_split === 'alternate'),
  },
  {
    field: 'ROLLOUT_CANARY_SPLIT',
    message:
      'is alternate, which gives every job to each path in turn; unset ROLLOUT_CANARY_PERCENT and _JOBS',
    isBroken: (values) => values.canary_split === 'alternate' && hasCanary(values),
  },
]

/** What the tables of principals, services and lanes say of each other. */
const SERVICE_RULES: readonly Rule[] = [
  {
    field: 'SCHEDULER_PRINCIPALS',
    message: 'names a service that SCHEDULER_SERVICES does not have; correct one of them',
    isBroken: ({ principals = [], services = [] }) =>
      principals.some((principal) => !principal.services.every((one) => services.some(isNamed(one)))),
  },
  {
    field: 'SCHEDULER_SERVICES',
    message: 'gives a service a lane that SCHEDULER_LANES does not have; correct one of them',
    isBroken: ({ services = [], lanes }) =>
      lanes !== undefined && services.some(({ lane }) => lane !== null && !lanes.some(isNamed(lane))),
  },
  {
    field: 'SCHEDULER_SERVICES',
    message:
      'has a service whose URL is http; only those within your own network may be: give it "private": true',
    isBroken: ({ services = [], private_hosts = [] }) =>
      services.some(
        ({ url, ...service }) =>
          !service.private && /^http:/i.test(url) && !private_hosts.includes(URL.parse(url)?.hostname ?? ''),
      ),
  },
]

const RULES: readonly Rule[] = [
  ...ROLLOUT_RULES,
  ...SERVICE_RULES,
  ...['SCHEDULER_OIDC_AUDIENCE', 'SCHEDULER_SERVICE_ACCOUNT'].map((field) => ({
    field,
    message: 'is required outside local',
    isBroken: (values: Values, isUnset: boolean) => isAway(values) && isUnset,
  })),
  ...[
    'SCHEDULER_TOKEN_KEYS_URL',
    'SCHEDULER_TOKEN_URL',
    'SCHEDULER_IAP_KEYS_URL',
    'SCHEDULER_API_ENDPOINT',
  ].map((field) => ({
    field,
    message: 'is refused in production',
    isBroken: (values: Values, isUnset: boolean) => inProduction(values) && !isUnset,
  })),
  {
    field: 'SCHEDULER_SURFACE',
    message: 'is both, which production never is: deploy one service with api, and one with page behind IAP',
    isBroken: (values) => inProduction(values) && values.surface === 'both',
  },
  {
    field: 'SCHEDULER_STORAGE',
    message:
      'is json, which serves one process only; set firestore (or, in an emergency with one instance, SCHEDULER_ALLOW_JSON_IN_PRODUCTION=yes)',
    isBroken: (values) =>
      inProduction(values) && values.storage === 'json' && values.allow_json_in_production === 'no',
  },
  {
    field: 'SCHEDULER_REQUEST_TIMEOUT_SECONDS',
    message: 'must exceed SCHEDULER_TICK_BUDGET_SECONDS and the dwell of every lane',
    isBroken: ({ request_timeout_seconds: timeout, tick_budget_seconds: budget = 0, lanes = [] }) =>
      timeout !== undefined && timeout <= Math.max(budget, ...lanes.map((lane) => lane.dwell_seconds ?? 0)),
  },
  {
    field: 'SCHEDULER_CADENCE',
    message: 'and SCHEDULER_TIMEZONE must be cron of five fields that can fall due, and an IANA time zone',
    isBroken: ({ cadence: expression, time_zone }) =>
      expression !== undefined && time_zone !== undefined && !isSchedule(expression, time_zone),
  },
]

/** What is wrong between flags that are each right by themselves. */
export function contradictions(values: Values, isUnset: (name: string) => boolean): Problem[] {
  return RULES.filter((rule) => rule.isBroken(values, isUnset(rule.field))).map(({ field, message }) => ({
    field,
    message,
  }))
}

function isSchedule(expression: string, time_zone: string): boolean {
  try {
    validateSchedule({ kind: 'cron', expression, time_zone })
    return true
  } catch (error) {
    if (error instanceof TickoverError) return false
    throw error
  }
}
