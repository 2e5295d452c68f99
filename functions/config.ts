import leven from 'leven'
import { z } from 'zod'
import { principalTable } from './auth/principals.ts'
import { contradictions } from './config/contradictions.ts'
import {
  type Flag,
  flag,
  hostList,
  mailAddress,
  nameList,
  optional,
  truth,
  webUrl,
  whole,
} from './config/flag.ts'
import { laneList } from './config/lanes.ts'
import { readServices, type Service, serviceTable } from './config/services.ts'
import { type Problem, TickoverError } from './errors.ts'
import { ignoreRules } from './shadow/rules.ts'

/** The flags: the one place where a name, a default, a check and a meaning are written down, in the order of `.env.example`. */
export const FLAGS = {
  environment: flag(
    'ENVIRONMENT',
    'local',
    z.enum(['local', 'qa', 'production'], 'must be local, qa or production'),
    'Where this runs: local, qa or production.',
  ),
  storage: flag(
    'SCHEDULER_STORAGE',
    'json',
    z.enum(['json', 'firestore'], 'must be json or firestore'),
    'Where jobs are kept: json (one file, one process) or firestore.',
  ),
  storage_file: flag(
    'SCHEDULER_STORAGE_FILE',
    '.tickover/state.json',
    z.string().max(1000),
    'The file of the json storage.',
  ),
  allow_json_in_production: flag(
    'SCHEDULER_ALLOW_JSON_IN_PRODUCTION',
    'no',
    z.enum(['yes', 'no'], 'must be yes or no'),
    'yes: run production on the json storage, in an emergency, with one instance.',
  ),
  cadence: flag(
    'SCHEDULER_CADENCE',
    '* * * * *',
    z.string(),
    'When Cloud Scheduler posts a tick: cron, five fields.',
  ),
  time_zone: flag('SCHEDULER_TIMEZONE', 'UTC', z.string(), 'The IANA time zone of the cadence.'),
  lanes: flag(
    'SCHEDULER_LANES',
    'default',
    laneList,
    'Lanes, as name[:dwell[=seconds]], separated by commas. dwell (75, 60 to 600): its tick sleeps until the next due instant.',
  ),
  concurrency: flag('SCHEDULER_CONCURRENCY', '5', whole(1, 200), 'Runs at once in one tick.'),
  batch_size: flag('SCHEDULER_BATCH_SIZE', '20', whole(1, 200), 'The most jobs claimed in one commit.'),
  cache_ttl_seconds: flag(
    'SCHEDULER_CACHE_TTL',
    '300',
    whole(0, 86_400),
    'Seconds that a handler’s cached value lives.',
  ),
  database_max_connections: flag(
    'DATABASE_MAX_CONNECTIONS',
    '20',
    whole(1, 500),
    'Store calls under way at once, over all lanes.',
  ),
  lease_seconds: flag(
    'SCHEDULER_LEASE_SECONDS',
    '300',
    whole(10, 3600),
    'Length of a lease; a living attempt renews it at a third.',
  ),
  tick_budget_seconds: flag(
    'SCHEDULER_TICK_BUDGET_SECONDS',
    '50',
    whole(1, 1500),
    'How long a tick goes on claiming.',
  ),
  request_timeout_seconds: flag(
    'SCHEDULER_REQUEST_TIMEOUT_SECONDS',
    '1800',
    whole(30, 3600),
    'The request timeout of the Cloud Run service; longer than the budget and every dwell.',
  ),
  max_skew_seconds: flag(
    'SCHEDULER_MAX_SKEW_SECONDS',
    '10',
    whole(1, 300),
    'A tick whose clock is further off the store’s claims nothing.',
  ),
  audience: flag(
    'SCHEDULER_OIDC_AUDIENCE',
    'http://localhost:8080',
    z.string().min(1).max(1000),
    'The audience that ID tokens must carry: the service’s URL. Required outside local.',
  ),
  scheduler_account: optional(
    'SCHEDULER_SERVICE_ACCOUNT',
    mailAddress,
    'The service account with which Cloud Scheduler signs its ticks. Required outside local.',
  ),
  principals: flag(
    'SCHEDULER_PRINCIPALS',
    '{}',
    principalTable,
    'Who may do what, as JSON: {"ana@example.com": {"roles": ["operator"]}, "domain:example.com": {"roles": ["viewer"]}}. Roles: viewer, operator, service (with "services" or "job_types"), legacy.',
  ),
  token_keys_url: optional(
    'SCHEDULER_TOKEN_KEYS_URL',
    webUrl,
    'Keys of another token issuer than Google, for development. Refused in production.',
  ),
  token_url: optional(
    'SCHEDULER_TOKEN_URL',
    webUrl,
    'Another issuer than Google of the ID tokens that targets are sent, for development: GET with email and audience. Refused in production.',
  ),
  surface: optional(
    'SCHEDULER_SURFACE',
    z.enum(['api', 'page', 'both'], 'must be api, page or both'),
    'What this service serves: api (ticks, services, operators), page (operators’ browsers, IAP in front) or both. Unset: both locally, else api. Both is refused in production.',
  ),
  iap_audience: optional(
    'SCHEDULER_IAP_AUDIENCE',
    z
      .string()
      .regex(
        /^\/projects\/\d{1,20}\/locations\/[a-z0-9-]{1,40}\/services\/[a-z0-9-]{1,63}$/,
        'must be /projects/NUMBER/locations/REGION/services/NAME',
      ),
    'The audience of what IAP signs, where it stands before the page: /projects/NUMBER/locations/REGION/services/NAME.',
  ),
  iap_keys_url: optional(
    'SCHEDULER_IAP_KEYS_URL',
    webUrl,
    'Keys of another IAP than Google’s, for development. Refused in production.',
  ),
  services: flag(
    'SCHEDULER_SERVICES',
    '{}',
    serviceTable,
    'The services that register jobs and are called, as JSON: {"email-service": {"job_types": ["email"], "lane": "low"}}; also "signing" (oidc, webhook) and "private" (true: its address may be a private one). Each has EMAIL_SERVICE_URL beside it, and where it uses them EMAIL_SERVICE_TOKEN (what it sends as X-Service-Token) and EMAIL_SERVICE_WEBHOOK_SECRET.',
  ),
  allowed_hosts: flag(
    'SCHEDULER_ALLOWED_HOSTS',
    '',
    hostList,
    'Hosts outside the services that jobs may call with a whole URL: names, separated by commas.',
  ),
  private_hosts: flag(
    'SCHEDULER_PRIVATE_HOSTS',
    '',
    hostList,
    'Hosts whose address may be a private one: names, separated by commas. Link-local and metadata addresses are refused always.',
  ),
  project: optional(
    'GOOGLE_CLOUD_PROJECT',
    z.string().regex(/^[a-z][a-z0-9.:-]{4,61}[a-z0-9]$/, 'must be a project id'),
    'The Google Cloud project; found by itself on Google Cloud.',
  ),
  location: flag(
    'SCHEDULER_LOCATION',
    'us-central1',
    z.string().regex(/^[a-z]+-[a-z]+\d{1,2}$/, 'must be a region such as us-central1'),
    'The region of the Cloud Scheduler jobs.',
  ),
  target_url: optional(
    'SCHEDULER_TARGET_URL',
    webUrl,
    'The URL of the service, to which Cloud Scheduler posts.',
  ),
  scheduler_endpoint: optional(
    'SCHEDULER_API_ENDPOINT',
    z.string().regex(/^[a-z0-9.-]+:\d{1,5}$/, 'must be host:port'),
    'host:port of a Cloud Scheduler emulator. Refused in production.',
  ),
  performance_monitoring: flag(
    'ENABLE_PERFORMANCE_MONITORING',
    'true',
    truth,
    'false: GET /api/performance has nothing to show.',
  ),
  stage: flag(
    'ROLLOUT_STAGE',
    '5',
    whole(0, 5),
    'Where the move from an older scheduler stands: 0 validate, 1 dual, 2 qa, 3 shadow, 4 cutover, 5 cleanup (also: nothing to move).',
  ),
  shadow_mode: optional(
    'SCHEDULER_SHADOW_MODE',
    truth,
    'true: the path that is not live runs in shadow, and both are compared. On at stage 3 unless it is false; possible at stage 4.',
  ),
  legacy_loop: flag(
    'ROLLOUT_LEGACY_LOOP',
    'off',
    z.enum(['on', 'off'], 'must be on or off'),
    'on: the legacy path is the in-process loop of this service, which then needs CPU always allocated and one instance at least.',
  ),
  legacy_poll_seconds: flag(
    'ROLLOUT_LEGACY_POLL_SECONDS',
    '10',
    whole(1, 300),
    'How often the in-process loop looks for due jobs.',
  ),
  canary_percent: flag(
    'ROLLOUT_CANARY_PERCENT',
    '0',
    whole(0, 100),
    'The share of the jobs that the ticks have at stage 3 already.',
  ),
  canary_jobs: flag(
    'ROLLOUT_CANARY_JOBS',
    '',
    nameList,
    'Jobs that the ticks have at stage 3 already: names, separated by commas.',
  ),
  canary_split: flag(
    'ROLLOUT_CANARY_SPLIT',
    'stable',
    z.enum(['stable', 'alternate'], 'must be stable or alternate'),
    'alternate: at stage 3 each path has all jobs in turn: the legacy one from :00 and :30, the ticks from :15 and :45.',
  ),
  expected_jobs: flag(
    'ROLLOUT_EXPECTED_JOBS',
    '',
    nameList,
    'The jobs that must have a handler here before the move begins: names, separated by commas.',
  ),
  tolerance_seconds: flag(
    'ROLLOUT_TOLERANCE_SECONDS',
    '130',
    whole(1, 86_400),
    'How far apart both paths may start one run; a job can say otherwise. The default is two cadences of a minute, and 10 s.',
  ),
  ignore_rules: flag(
    'ROLLOUT_IGNORE',
    '[]',
    ignoreRules,
    'Known differences, as JSON: [{"name": "colder", "job": "weather", "verdict": "intents_differ", "owner": "ana@example.com", "until": "2030-01-31", "reason": "…"}].',
  ),
  service: optional('K_SERVICE', z.string().max(100), 'Set by Cloud Run: the service.'),
  revision: flag('K_REVISION', 'local', z.string().max(100), 'Set by Cloud Run: the revision.'),
} as const satisfies Record<string, Flag<unknown>>

/** The flags' values, each checked by itself. */
type Values = {
  readonly [K in keyof typeof FLAGS]: (typeof FLAGS)[K] extends Flag<infer T> ? T : never
}

/** All of the configuration, checked. */
export type Config = Omit<Values, 'surface' | 'services'> & {
  readonly surface: NonNullable<Values['surface']>
  /** With their URLs and secrets. */
  readonly services: readonly Service[]
}

/** Environment variables by name. */
export type Env = Readonly<Record<string, string | undefined>>

/** Reads every flag from `env`. Throws one `TickoverError('configuration')` with all problems; no message repeats a value. */
export function loadConfig(env: Env): Config {
  const values: Record<string, unknown> = {}
  const problems = unknownFlags(env)
  for (const [field, entry] of Object.entries<Flag<unknown>>(FLAGS)) {
    const parsed = read(entry, env)
    if (parsed.success) values[field] = parsed.data
    else for (const { message } of parsed.error.issues) problems.push({ field: entry.name, message })
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each field that is there went through its own check
  const checked = values as Partial<Values>
  const { services, problems: lacks } = readServices(checked.services ?? [], (name) => textOf(env, name))
  const surface = checked.surface ?? (checked.environment === 'local' ? 'both' : 'api')
  problems.push(...lacks, ...contradictions({ ...checked, services }, (name) => textOf(env, name) === null))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without a problem all fields are there
  if (problems.length === 0) return { ...(checked as Values), surface, services }
  const list = problems.map(({ field, message }) => `${field} ${message}`).join('; ')
  throw new TickoverError('configuration', `Correct these flags, then start again: ${list}`, { problems })
}

/** A flag's own text; null when it is unset or empty, as in a line `FLAG=` of an env file. */
export function textOf(env: Env, name: string): string | null {
  const text = env[name]?.trim() ?? ''
  return text === '' ? null : text
}

function read(entry: Flag<unknown>, env: Env) {
  const text = textOf(env, entry.name) ?? entry.fallback
  return text === null ? ({ success: true, data: null } as const) : entry.check.safeParse(text)
}

/** Flags with our prefixes that nobody reads: most often misspelt ones. */
function unknownFlags(env: Env): Problem[] {
  const known = Object.values(FLAGS).map((entry): string => entry.name)
  return Object.keys(env)
    .filter((name) => /^(SCHEDULER|ROLLOUT)_/.test(name) && !known.includes(name))
    .map((field) => ({ field, message: `is not a flag${didYouMean(field, known)}` }))
}

function didYouMean(name: string, known: readonly string[]): string {
  const near = known.map((candidate) => ({ candidate, distance: leven(name, candidate) }))
  const [best] = near.toSorted((a, b) => a.distance - b.distance)
  return best !== undefined && best.distance <= name.length / 3 ? `; did you mean ${best.candidate}?` : ''
}
