import { type Problem, TickoverError } from '../errors.ts'
import { validateSchedule } from '../schedule/schedule.ts'
import type { Lane } from './lanes.ts'

/** The values that can contradict each other; a value that is wrong by itself is absent. */
export interface Values {
  readonly environment?: 'local' | 'qa' | 'production'
  readonly storage?: 'json' | 'firestore'
  readonly allow_json_in_production?: 'yes' | 'no'
  readonly cadence?: string
  readonly time_zone?: string
  readonly lanes?: readonly Lane[]
  readonly tick_budget_seconds?: number
  readonly request_timeout_seconds?: number
}

interface Rule {
  readonly field: string
  readonly message: string
  readonly isBroken: (values: Values, isUnset: boolean) => boolean
}

const isAway = ({ environment }: Values) => environment === 'qa' || environment === 'production'
const inProduction = ({ environment }: Values) => environment === 'production'

const RULES: readonly Rule[] = [
  ...['SCHEDULER_OIDC_AUDIENCE', 'SCHEDULER_SERVICE_ACCOUNT'].map((field) => ({
    field,
    message: 'is required outside local',
    isBroken: (values: Values, isUnset: boolean) => isAway(values) && isUnset,
  })),
  ...['SCHEDULER_TOKEN_KEYS_URL', 'SCHEDULER_API_ENDPOINT'].map((field) => ({
    field,
    message: 'is refused in production',
    isBroken: (values: Values, isUnset: boolean) => inProduction(values) && !isUnset,
  })),
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
