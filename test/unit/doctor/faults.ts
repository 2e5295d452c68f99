import type { Evidence } from '../../../functions/rollout/evidence.ts'
import type { Facts } from '../../../scripts/doctor/facts.ts'
import { type Answers, account, FLAGS, goodAnswers, NOW } from './cloud.ts'
import { evidence, goodFacts, job, scheduled, seen } from './facts.ts'

type Expected = readonly [line: string, seen: RegExp, mend: RegExp | null]

/** One thing that is wrong, and every line that says so. */
interface Fault {
  readonly name: string
  readonly facts: () => Promise<Facts>
  readonly lines: readonly Expected[]
}

/** Something is wrong that gcloud tells. */
function told(
  name: string,
  change: (answers: Answers) => Partial<Record<keyof Answers, unknown>>,
  ...lines: Expected[]
): Fault {
  const answers = goodAnswers()
  const facts = () => goodFacts({}, { ...answers, ...(change(answers) as Partial<Answers>) })
  return { name, facts, lines }
}

/** Something is wrong that is seen elsewhere. */
function shown(name: string, changes: Partial<Facts>, ...lines: Expected[]): Fault {
  return { name, facts: () => goodFacts(changes), lines }
}

/** Other flags, in every place that has them. */
function flagged(
  name: string,
  more: Readonly<Record<string, string>>,
  changes: Partial<Facts>,
  ...lines: Expected[]
): Fault {
  const flags = { ...FLAGS, ...more }
  const own = { flags: seen(flags), setup_env: seen(flags), ...changes }
  return { name, facts: () => goodFacts(own, goodAnswers(flags)), lines }
}

/** Qa, with nothing wrong but what `change` has gcloud tell. */
export function qaFacts(change: (answers: Answers) => Partial<Answers>): Promise<Facts> {
  const flags = { ...FLAGS, ENVIRONMENT: 'qa' }
  const answers = goodAnswers(flags)
  return goodFacts({ flags: seen(flags), setup_env: seen(flags) }, { ...answers, ...change(answers) })
}

const lately = (changes: Partial<Evidence>) => ({
  lately: seen({ evidence: evidence(changes), asked_at: NOW - 500, answered_at: NOW + 500 }),
})
const member = (name: string) => `serviceAccount:${account(name)}`
/** The invokers of a service, without some and with others. */
const invokedBy = (
  { bindings: [first] }: Answers['invokers'],
  stays: (member: string) => boolean,
  ...more: readonly string[]
) => ({
  bindings: [{ role: 'roles/run.invoker', members: [...(first?.members ?? []).filter(stays), ...more] }],
})
const [HIGH, ODD, LOW] = scheduled()
const jobsWith = (id: string, changes: object) =>
  scheduled().map((one) => (one.spec.id === id ? { ...one, ...changes } : one))
const specWith = (id: string, changes: object) =>
  scheduled().map((one) => (one.spec.id === id ? { ...one, spec: { ...one.spec, ...changes } } : one))

const services =
  (at: 'api' | 'page', change: (service: Answers['services'][number]) => object) => (answers: Answers) => ({
    services: answers.services.map((one, index) =>
      index === (at === 'api' ? 0 : 1) ? { ...one, ...change(one) } : one,
    ),
  })

export const FAULTS: readonly Fault[] = [
  shown(
    'a misspelt flag',
    { flags: seen({ ...FLAGS, SCHEDULER_LANE: 'low' }) },
    [
      'bad the flags are right, and go together',
      /SCHEDULER_LANE is not a flag; did you mean SCHEDULER_LANES/,
      /^terraform -chdir=infra apply -var-file=production.tfvars$/,
    ],
    ['unknown the storage suits the environment', /flags must be right first/, null],
    ['unknown the page has the flags of the api service', /must be right/, null],
    ['unknown CPU and instances suit the stage', /must be right/, null],
    ['unknown the json storage has one process', /must be right/, null],
    ['unknown the Cloud Scheduler jobs', /must be right/, null],
    ['unknown every job is in a lane that ticks', /must be right/, null],
    ['unknown no lease is stuck', /must be right/, null],
    ['unknown the store and the service have one time', /must be right/, null],
    ['unknown this machine and the service have one time', /must be right/, null],
    ['unknown the alerts are switched on', /must be right/, null],
    ['unknown somebody hears the alerts', /must be right/, null],
    ['unknown tickover-watch in europe-west1', /must be right/, null],
  ),
  flagged(
    'json in production',
    { SCHEDULER_STORAGE: 'json', SCHEDULER_ALLOW_JSON_IN_PRODUCTION: 'yes' },
    {},
    [
      'bad the storage suits the environment',
      /json in production/,
      /rollback --partial --storage firestore --file \S+ --apply --service tickover --project/,
    ],
    ['bad the json storage has one process', /up to 10/, /--max-instances=1$/],
  ),
  flagged(
    'the loop on an instance without CPU between requests',
    { ROLLOUT_LEGACY_LOOP: 'on', SCHEDULER_SHADOW_MODE: 'true' },
    {},
    ['bad CPU and instances suit the stage', /during requests only, 0 to 10/, /--no-cpu-throttling --min=1$/],
  ),
  told(
    'a page with the flags of another stage',
    (answers) => ({
      services: [answers.services[0], goodAnswers({ ...FLAGS, ROLLOUT_STAGE: '3' }).services[1]],
    }),
    [
      'bad the page has the flags of the api service',
      /different: ROLLOUT_STAGE$/,
      /update tickover-page .*\^@@\^ROLLOUT_STAGE=4'$/,
    ],
  ),
  shown('a health check that fails', { health: seen({ http_status: 503, status: null }) }, [
    'bad the health check answers',
    /503/,
    /^gcloud run services logs read tickover/,
  ]),
  shown('a service that nobody finds', { health: seen(null) }, [
    'bad the health check answers',
    /^nobody answers$/,
    /^gcloud run services logs read tickover/,
  ]),
  shown('a tick that anybody may post', { tick_without_token: seen(200) }, [
    'bad a tick without credentials is refused',
    /200/,
    /logs read/,
  ]),
  told(
    'a revision that does not come up',
    services('api', ({ status }) => ({ status: { ...status, latestCreatedRevisionName: 'tickover-00003' } })),
    ['bad the newest revision serves', /tickover-00003 did not come up; tickover-00002 serves/, /logs read/],
  ),
  told(
    'traffic that is pinned',
    services('api', ({ status }) => ({
      status: { ...status, traffic: [{ revisionName: 'tickover-00001', percent: 100 }] },
    })),
    [
      'warn the newest revision serves',
      /tickover-00001, not tickover-00002/,
      /^npm run deploy -- .*--rollback --to tickover-00001$/,
    ],
  ),
  told(
    'a page of another image',
    services('page', ({ spec: { template } }) => ({
      spec: {
        template: {
          ...template,
          spec: {
            ...template.spec,
            containers: template.spec.containers.map((one) => ({ ...one, image: 'old' })),
          },
        },
      },
    })),
    [
      'warn the page has the image of the api service',
      /tickover-page has old/,
      /^npm run deploy -- --project test-project/,
    ],
  ),
  shown(
    'an older revision that still claims',
    {
      day: seen(
        evidence({
          revisions: [{ revision: 'r-1', last_tick_at: NOW - 9_000, last_claimed_at: NOW - 9_000 }],
        }),
      ),
    },
    ['bad no older revision claims', /claimed: r-1/, /--to-latest$/],
  ),
  shown(
    'slow ticks',
    { day: seen(evidence({ tick_durations: { samples: 90, p50_ms: 900, p99_ms: 6_000, over_2_s: 9 } })) },
    ['warn ticks are quick', /p99 6000 ms over 90: over 5 s/, /--min=1$/],
  ),
  told(
    'an API that is off',
    (answers) => ({ apis: answers.apis.filter(({ config }) => config.name !== 'firestore.googleapis.com') }),
    [
      'bad the APIs are enabled',
      /^firestore.googleapis.com$/,
      /^gcloud services enable firestore.googleapis.com --project=test-project$/,
    ],
  ),
  told(
    'an account that was disabled',
    ({ accounts }) => ({
      accounts: accounts.map((one) => ({ ...one, disabled: one.email === account('scheduler') })),
    }),
    [
      'bad the service accounts are there',
      /scheduler@.* is disabled/,
      /service-accounts enable tickover-scheduler@/,
    ],
  ),
  told(
    'an account that is gone',
    ({ accounts }) => ({ accounts: accounts.filter(({ email }) => email !== account('watch')) }),
    ['bad the service accounts are there', /missing: tickover-watch@/, /^terraform/],
  ),
  told(
    'a runtime account that may not write',
    ({ roles }) => ({ roles: { bindings: roles.bindings.slice(1) } }),
    [
      'bad the runtime account may use Firestore',
      /has not roles\/datastore.user/,
      /^gcloud projects add-iam-policy-binding test-project .*runtime@.*datastore.user/,
    ],
  ),
  told(
    'a runtime account that is an editor',
    ({ roles }) => ({
      roles: { bindings: [...roles.bindings, { role: 'roles/editor', members: [member('runtime')] }] },
    }),
    [
      'bad no account is an editor or owner',
      /runtime@.* has roles\/editor/,
      /^gcloud projects remove-iam-policy-binding test-project .*roles\/editor/,
    ],
  ),
  told(
    'an account with a role that it does not need',
    ({ roles }) => ({
      roles: { bindings: [...roles.bindings, { role: 'roles/storage.admin', members: [member('watch')] }] },
    }),
    [
      'warn no account is an editor or owner',
      /watch@.* has roles\/storage.admin/,
      /remove-iam-policy-binding/,
    ],
  ),
  told(
    'a Cloud Scheduler that may not sign',
    ({ roles }) => ({ roles: { bindings: roles.bindings.slice(0, 2) } }),
    ['bad Cloud Scheduler may sign its ticks', /nobody has/, /service-123456789@gcp-sa-cloudscheduler/],
  ),
  told(
    'a service for everybody',
    ({ invokers }) => ({
      invokers: { bindings: [...invokers.bindings, { role: 'roles/run.invoker', members: ['allUsers'] }] },
    }),
    [
      'bad nobody from the street may call',
      /allUsers has roles\/run.invoker on tickover$/,
      /remove-iam-policy-binding tickover .*--member=allUsers/,
    ],
  ),
  told(
    'a page that asks nobody',
    services('page', ({ metadata }) => ({
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, 'run.googleapis.com/invoker-iam-disabled': 'true' },
      },
    })),
    [
      'bad nobody from the street may call',
      /tickover-page does not ask IAM/,
      /update tickover-page .*--invoker-iam-check$/,
    ],
  ),
  told(
    'a scheduler that may not call',
    ({ invokers }) => ({ invokers: invokedBy(invokers, (one) => one !== member('scheduler')) }),
    [
      'bad only accounts call, and those that must can',
      /without roles\/run.invoker: serviceAccount:tickover-scheduler@/,
      /add-iam-policy-binding tickover .*tickover-scheduler@/,
    ],
  ),
  told(
    'operators who cannot call from a shell',
    ({ invokers }) => ({ invokers: invokedBy(invokers, (one) => one !== member('operator')) }),
    [
      'bad only accounts call, and those that must can',
      /without roles\/run.invoker: serviceAccount:tickover-operator@/,
      /add-iam-policy-binding tickover .*tickover-operator@/,
    ],
  ),
  told(
    'a person who calls the api service past the page',
    ({ invokers }) => ({ invokers: invokedBy(invokers, () => true, 'user:ana@example.com') }),
    [
      'warn only accounts call, and those that must can',
      /^user:ana@example.com has roles\/run.invoker on tickover: .*in a shell tickover-operator@/,
      /remove-iam-policy-binding tickover .*--member=user:ana@example.com/,
    ],
  ),
  told(
    'somebody who calls the page beside IAP',
    ({ page_invokers }) => ({ page_invokers: invokedBy(page_invokers, () => true, 'user:ana@example.com') }),
    [
      'warn the page is behind IAP',
      /^user:ana@example.com has roles\/run.invoker on tickover-page, beside IAP$/,
      /remove-iam-policy-binding tickover-page .*--member=user:ana@example.com/,
    ],
  ),
  told(
    'a page without IAP',
    services('page', ({ metadata }) => ({ metadata: { ...metadata, annotations: {} } })),
    [
      'bad the page is behind IAP',
      /not switched on/,
      /^gcloud beta run services update tickover-page .*--iap$/,
    ],
  ),
  told('an IAP that may not call the page', () => ({ page_invokers: { bindings: [] } }), [
    'bad the page is behind IAP',
    /IAP itself may not/,
    /add-iam-policy-binding tickover-page .*gcp-sa-iap/,
  ]),
  told('no page', ({ services: [api] }) => ({ services: [api] }), [
    'warn the page is behind IAP',
    /there is no service tickover-page/,
    /^terraform/,
  ]),
  told('a secret whose version was destroyed', () => ({ version: { state: 'DESTROYED' } }), [
    'bad the secrets can be read',
    /mail-token is DESTROYED/,
    /secrets versions add mail-token --data-file=-/,
  ]),
  told('a secret that nobody may read', () => ({ readers: {} }), [
    'bad the secrets can be read',
    /may not read mail-token/,
    /secrets add-iam-policy-binding mail-token/,
  ]),
  flagged(
    'an audience that is another service’s',
    { SCHEDULER_OIDC_AUDIENCE: 'https://other.example.com' },
    { scheduler: seen(scheduled({ ...FLAGS, SCHEDULER_OIDC_AUDIENCE: 'https://other.example.com' })) },
    ['bad one audience everywhere', /SCHEDULER_OIDC_AUDIENCE is https:\/\/other/, /^terraform/],
    ['bad tickover-watch in europe-west1', /signs as/, /^terraform/],
  ),
  shown(
    'a job that asks for another audience',
    { scheduler: seen(specWith('tickover-low', { audience: 'https://wrong.example.com' })) },
    [
      'bad one audience everywhere',
      /tickover-low asks for https:\/\/wrong/,
      /^GOOGLE_CLOUD_PROJECT=test-project SCHEDULER_LOCATION=us-central1 .* npm run setup$/,
    ],
  ),
  told(
    'a database that anybody with the right may delete',
    ({ database }) => ({
      database: {
        ...database,
        deleteProtectionState: 'DELETE_PROTECTION_DISABLED',
        pointInTimeRecoveryEnablement: undefined,
      },
    }),
    [
      'bad the database is protected',
      /without delete protection, point-in-time recovery/,
      /databases update .*--delete-protection --enable-pitr/,
    ],
  ),
  told('a missing index', ({ indexes }) => ({ indexes: indexes.slice(1) }), [
    'bad every query has its index',
    /missing: scheduler_jobs lane ASCENDING claimable_at ASCENDING/,
    /^terraform -chdir=infra apply -var-file=production.tfvars$/,
  ]),
  told(
    'an index that is still being built',
    ({ indexes }) => ({
      indexes: indexes.map((one, at) => (at === 0 ? { ...one, state: 'CREATING' } : one)),
    }),
    ['bad every query has its index', /being built: scheduler_jobs/, /firestore operations list/],
  ),
  told(
    'an index that nobody declared',
    ({ indexes }) => ({
      indexes: [...indexes, { ...indexes[0], fields: [{ fieldPath: 'old', order: 'ASCENDING' }] }],
    }),
    ['warn every query has its index', /not declared.*scheduler_jobs old ASCENDING/, /composite list/],
  ),
  told('a collection that keeps everything', ({ ttls }) => ({ ttls: ttls.slice(1) }), [
    'bad what has had its time is deleted',
    /no TTL on scheduler_jobs.expire_at/,
    /^terraform -chdir=infra apply -var-file=production.tfvars$/,
  ]),
  told(
    'a TTL that is being switched on',
    ({ ttls }) => ({
      ttls: ttls.map((one, at) => (at === 0 ? { ...one, ttlConfig: { state: 'CREATING' } } : one)),
    }),
    ['warn what has had its time is deleted', /being switched on: scheduler_jobs/, /operations list/],
  ),
  told(
    'a growing field with an index of its own',
    ({ exemptions }) => ({
      exemptions: exemptions.map((one, at) => (at === 1 ? { ...one, indexConfig: { indexes: [{}] } } : one)),
    }),
    [
      'bad no field has an index of its own',
      /scheduler_runs\.\*/,
      /^terraform -chdir=infra apply -var-file=production.tfvars$/,
    ],
  ),
  shown('a job that is not there', { scheduler: seen([HIGH, ODD].flatMap((one) => one ?? [])) }, [
    'bad tickover-low',
    /is not there/,
    /npm run setup$/,
  ]),
  shown('a job that is paused', { scheduler: seen(jobsWith('tickover-low', { state: 'PAUSED' })) }, [
    'bad tickover-low',
    /PAUSED: nothing of its lane runs/,
    /npm run setup -- --resume$/,
  ]),
  flagged(
    'a job that is paused before the ticks have any',
    { ROLLOUT_STAGE: '1' },
    {
      ...lately({ stage: 1, ticks: [{ lane: 'low', expected: 9, recorded: 0, failed: 9 }] }),
      scheduler: seen(jobsWith('tickover-low', { state: 'PAUSED' })),
    },
    ['warn tickover-low', /at stage 1/, /--resume$/],
  ),
  shown(
    'a cadence that is not that of the flags',
    { scheduler: seen(specWith('tickover-low', { schedule: '*/10 * * * *' })) },
    ['bad tickover-low', /schedule is "\*\/10 \* \* \* \*", not "\* \* \* \* \*"/, /npm run setup$/],
  ),
  shown('a job that is refused', { scheduler: seen(jobsWith('tickover-low', { last_code: 16 })) }, [
    'bad tickover-low',
    /UNAUTHENTICATED/,
    /logs read/,
  ]),
  shown(
    'a job whose last attempt had no answer',
    { scheduler: seen(jobsWith('tickover-low', { last_code: 14 })) },
    ['warn tickover-low', /UNAVAILABLE, and is tried again/, /logs read/],
  ),
  shown('a job of somebody else', { scheduler: seen(specWith('tickover-low', { description: 'mine' })) }, [
    'bad tickover-low',
    /somebody else/,
    null,
  ]),
  shown(
    'a job of a lane that is no more',
    {
      scheduler: seen([
        ...scheduled(),
        ...[LOW].flatMap((one) =>
          one === undefined ? [] : { ...one, spec: { ...one.spec, id: 'tickover-old' } },
        ),
      ]),
    },
    ['warn tickover-old', /belongs to no lane/, /npm run setup -- --delete$/],
  ),
  shown(
    'a job that has not posted yet',
    { scheduler: seen(jobsWith('tickover-low', { last_code: null, last_attempt_at: null })) },
    ['unknown tickover-low', /has not posted yet/, null],
  ),
  shown(
    'a lane without a tick',
    lately({
      ticks: [
        { lane: 'high', expected: 9, recorded: 9, failed: 0 },
        { lane: 'low', expected: 9, recorded: 0, failed: 9 },
      ],
    }),
    ['bad lane low ticks', /0 of 9 in 10 min/, /npm run setup -- --run$/],
  ),
  shown(
    'a lane that misses some',
    lately({
      ticks: [
        { lane: 'high', expected: 9, recorded: 7, failed: 2 },
        { lane: 'low', expected: 9, recorded: 9, failed: 0 },
      ],
    }),
    ['warn lane high ticks', /7 of 9 in 10 min/, /logs read/],
  ),
  shown(
    'a lane whose ticks have ended',
    lately({
      ticks: [
        { lane: 'high', expected: 9, recorded: 9, failed: 0, failed_last: 0 },
        { lane: 'low', expected: 9, recorded: 7, failed: 2, failed_last: 2 },
      ],
    }),
    ['bad lane low ticks', /7 of 9 in 10 min, .*: none of the last 2$/, /npm run setup -- --run$/],
  ),
  shown(
    'a lane whose ticks have ended just after the stage began',
    lately({
      stage_since: NOW - 300_000,
      ticks: [
        { lane: 'high', expected: 9, recorded: 5, failed: 4, failed_last: 1 },
        { lane: 'low', expected: 9, recorded: 1, failed: 8, failed_last: 3 },
      ],
    }),
    ['bad lane low ticks', /1 of 9 .*: none of the last 3$/, /npm run setup -- --run$/],
  ),
  shown(
    'a stage too new to tell',
    lately({ stage_since: null, ticks: [{ lane: 'high', expected: 9, recorded: 0, failed: 9 }] }),
    ['unknown lane high ticks', /look again in some minutes/, null],
  ),
  shown(
    'jobs that wait',
    {
      ...lately({ backlog: { overdue: 2, samples: 9, due_per_hour: 0, due_per_hour_at_least: 0 } }),
      jobs: seen([
        job(),
        job({ name: 'late', due_in_seconds: -300 }),
        job({ name: 'old', due_in_seconds: -900, is_backfill: true }),
      ]),
    },
    ['bad no job is overdue', /^2: late$/, /npm run setup -- --run$/],
  ),
  shown(
    'jobs of a lane that nobody ticks',
    {
      ...lately({ backlog: { overdue: 1, samples: 9, due_per_hour: 0, due_per_hour_at_least: 0 } }),
      jobs: seen([
        job(),
        job({ name: 'left', lane: 'old', due_in_seconds: -300 }),
        job({ name: 'later', lane: 'older' }),
        job({ name: 'done', lane: 'old', due_in_seconds: null }),
      ]),
    },
    [
      'bad every job is in a lane that ticks',
      /^old: left, older: later; SCHEDULER_LANES is high:dwell=75,low: name the lane there again, or/,
      /^terraform -chdir=infra apply/,
    ],
    ['bad no job is overdue', /^1: left$/, /^terraform -chdir=infra apply/],
  ),
  shown(
    'a lease that nobody has taken up',
    {
      ...lately({
        leases: {
          legacy: { alive: 0, past_end: 0 },
          tick: { alive: 1, past_end: 1 },
          oldest_past_end_seconds: 430,
        },
      }),
      jobs: seen([job({ name: 'stuck', leases_until: [new Date(NOW - 430_000).toISOString()] })]),
    },
    [
      'bad no lease is stuck',
      /^1: stuck, the oldest for 7.1 min$/,
      /^curl -X POST .*\$OPERATOR_TOKEN.*\/api\/rollout\/free$/,
    ],
  ),
  shown('a damaged job', { jobs: seen([job({ name: 'broken', is_damaged: true, error: 'no schedule' })]) }, [
    'bad every job can be read',
    /broken \(no schedule\)/,
    /\/api\/jobs\/broken$/,
  ]),
  shown('a job that fails', { jobs: seen([job({ name: 'mail', is_failing: true, failed_in_a_row: 3 })]) }, [
    'warn no job fails',
    /mail \(3 in a row\)/,
    /\/api\/jobs\/mail\/history$/,
  ]),
  shown(
    'a duplicate',
    { day: seen(evidence({ duplicates: { settled: 1, effects: 0, legacy_reports: 0 } })) },
    ['bad nothing was performed twice in a day', /^1 runs/, /^gcloud logging read .*--freshness=1d/],
  ),
  shown(
    'a service whose clock is off the store’s',
    lately({ read_at: NOW + 20_500 }),
    [
      'bad the store and the service have one time',
      /differ by 20 s.*no tick claims/,
      /--update-labels=restarted-at=/,
    ],
    ['warn this machine and the service have one time', /differ by 20 s/, /timedatectl/],
  ),
  told('a metric that is not there', ({ metrics }) => ({ metrics: metrics.slice(1) }), [
    'bad the log-based metrics are there',
    /tickover\/runs is missing/,
    /^terraform/,
  ]),
  told(
    'a metric that counts something else',
    ({ metrics }) => ({ metrics: metrics.map((one, at) => (at === 0 ? { ...one, filter: 'x' } : one)) }),
    ['bad the log-based metrics are there', /tickover\/runs is missing, or counts/, /^terraform/],
  ),
  told('an alert that is not there', ({ policies }) => ({ policies: policies.slice(1) }), [
    'bad the alerts are switched on',
    /missing: success_rate_low/,
    /^terraform/,
  ]),
  told(
    'an alert that is off',
    ({ policies }) => ({
      policies: policies.map((one, at) => (at === 0 ? { ...one, enabled: false } : one)),
    }),
    ['warn the alerts are switched on', /off at stage 4: success_rate_low/, /^terraform/],
  ),
  told(
    'an alert that is off, beside one that is so by choice',
    ({ policies }) => ({
      policies: policies.map((one, at) =>
        at > 1
          ? one
          : { ...one, enabled: false, userLabels: { ...one.userLabels, ...(at === 1 && { off: 'chosen' }) } },
      ),
    }),
    ['warn the alerts are switched on', /off at stage 4: success_rate_low$/, /^terraform/],
  ),
  {
    name: 'channels of qa that reach nobody',
    facts: () =>
      qaFacts(({ channels }) => ({ channels: channels.map((one) => ({ ...one, enabled: false })) })),
    lines: [
      [
        'warn somebody hears the alerts',
        /no channel that works for success_rate_low.* more/,
        /^terraform .*qa.tfvars$/,
      ],
    ],
  },
  told(
    'alerts that nobody hears',
    ({ channels }) => ({ channels: channels.map((one) => ({ ...one, enabled: false })) }),
    ['bad somebody hears the alerts', /no channel that works for success_rate_low.* more/, /^terraform/],
  ),
  told(
    'a watch that was here long ago',
    () => ({ watch_asked: [{ timestamp: new Date(NOW - 1_200_000).toISOString() }] }),
    ['bad the watch comes from another region', /asked 20 min ago; it should/, /jobs resume/],
  ),
  told(
    'a watch that is paused',
    ({ watch }) => ({ watch: { ...watch, state: 'PAUSED' }, watch_asked: [] }),
    [
      'bad tickover-watch in europe-west1',
      /PAUSED/,
      /^gcloud scheduler jobs resume tickover-watch --location=europe-west1/,
    ],
    ['bad the watch comes from another region', /not asked in 1 h/, /jobs resume/],
  ),
]
