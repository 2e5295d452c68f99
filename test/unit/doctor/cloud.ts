import declared from '../../../firestore.indexes.json' with { type: 'json' }
import catalog from '../../../infra/catalog.json' with { type: 'json' }
import { APIS } from '../../../scripts/doctor/diagnose/apis.ts'
import { questions, secretQuestions, watchQuestion } from '../../../scripts/doctor/look/commands.ts'
import type { Gcloud } from '../../../scripts/rollout/cloud/gcloud.ts'

export const PLACE = { service: 'tickover', project: 'test-project', region: 'us-central1' }
export const PAGE = 'tickover-page'
export const WATCH_REGION = 'europe-west1'
export const URL_ = 'https://tickover-123456789.us-central1.run.app'
export const NOW = Date.UTC(2030, 0, 31, 12)

const NUMBER = '123456789'
const DATABASE = `projects/${PLACE.project}/databases/(default)`
const CHANNEL = `projects/${PLACE.project}/notificationChannels/1`
export const account = (name: string) => `tickover-${name}@${PLACE.project}.iam.gserviceaccount.com`
const member = (name: string) => `serviceAccount:${account(name)}`

/** The flags of production, at a stage. */
export const FLAGS = {
  ENVIRONMENT: 'production',
  GOOGLE_CLOUD_PROJECT: PLACE.project,
  SCHEDULER_STORAGE: 'firestore',
  SCHEDULER_LOCATION: PLACE.region,
  SCHEDULER_TARGET_URL: URL_,
  SCHEDULER_OIDC_AUDIENCE: URL_,
  SCHEDULER_SERVICE_ACCOUNT: account('scheduler'),
  SCHEDULER_LANES: 'high:dwell,low',
  ROLLOUT_STAGE: '4',
}

/** What gcloud answers where everything is as it should be, in the shapes of Google's REST APIs, by question. */
export function goodAnswers(flags: Readonly<Record<string, string>> = FLAGS) {
  const secret = { name: 'MAIL_TOKEN', valueFrom: { secretKeyRef: { name: 'mail-token', key: 'latest' } } }
  const service = (name: string, surface: string, annotations: object) => ({
    metadata: { name, annotations: { 'run.googleapis.com/urls': `["${URL_}"]`, ...annotations } },
    spec: {
      template: {
        metadata: { annotations: { 'autoscaling.knative.dev/maxScale': '10' } },
        spec: {
          serviceAccountName: account('runtime'),
          containers: [
            {
              image: 'us-central1-docker.pkg.dev/test-project/x/tickover@sha256:1',
              env: [
                ...Object.entries({ ...flags, SCHEDULER_SURFACE: surface }).map(([of, value]) => ({
                  name: of,
                  value,
                })),
                secret,
              ],
            },
          ],
        },
      },
    },
    status: {
      url: `https://${name}-abc-uc.a.run.app`,
      latestReadyRevisionName: `${name}-00002`,
      latestCreatedRevisionName: `${name}-00002`,
      traffic: [{ revisionName: `${name}-00002`, percent: 100, latestRevision: true }],
    },
  })
  return {
    apis: [...APIS, 'secretmanager'].map((name) => ({
      name: `projects/${NUMBER}/services/${name}.googleapis.com`,
      config: { name: `${name}.googleapis.com` },
      state: 'ENABLED',
    })),
    accounts: ['runtime', 'scheduler', 'watch', 'build', 'operator'].map((name) => ({
      email: account(name),
      uniqueId: '1',
    })),
    roles: {
      bindings: [
        { role: 'roles/datastore.user', members: [member('runtime')] },
        { role: 'roles/owner', members: ['user:ana@example.com'] },
        {
          role: 'roles/cloudscheduler.serviceAgent',
          members: [`serviceAccount:service-${NUMBER}@gcp-sa-cloudscheduler.iam.gserviceaccount.com`],
        },
      ],
      version: 1,
    },
    services: [
      service(PLACE.service, 'api', {}),
      service(PAGE, 'page', { 'run.googleapis.com/iap-enabled': 'true' }),
    ],
    invokers: {
      bindings: [
        { role: 'roles/run.invoker', members: [member('scheduler'), member('watch'), member('operator')] },
      ],
    },
    page_invokers: {
      bindings: [
        {
          role: 'roles/run.invoker',
          members: [`serviceAccount:service-${NUMBER}@gcp-sa-iap.iam.gserviceaccount.com`],
        },
      ],
    },
    database: {
      name: DATABASE,
      type: 'FIRESTORE_NATIVE',
      deleteProtectionState: 'DELETE_PROTECTION_ENABLED',
      pointInTimeRecoveryEnablement: 'POINT_IN_TIME_RECOVERY_ENABLED',
    },
    indexes: declared.indexes.map(({ collectionGroup, queryScope, fields }, at) => ({
      name: `${DATABASE}/collectionGroups/${collectionGroup}/indexes/${at}`,
      queryScope,
      state: 'READY',
      fields: [...fields, { fieldPath: '__name__', order: 'ASCENDING' }],
    })),
    ttls: declared.fieldOverrides
      .filter((one) => 'ttl' in one)
      .map(({ collectionGroup, fieldPath }) => ({
        name: `${DATABASE}/collectionGroups/${collectionGroup}/fields/${fieldPath}`,
        ttlConfig: { state: 'ACTIVE' },
      })),
    exemptions: declared.fieldOverrides.map(({ collectionGroup, fieldPath }) => ({
      name: `${DATABASE}/collectionGroups/${collectionGroup}/fields/${fieldPath}`,
      indexConfig: {},
    })),
    metrics: Object.entries(catalog.metrics).map(([name, { filter }]) => ({
      name: `tickover/${name}`,
      filter: `resource.type="cloud_run_revision" AND (${filter})`,
    })),
    policies: Object.entries(catalog.alerts).map(([id, { stages }]) => ({
      name: `projects/${PLACE.project}/alertPolicies/${id}`,
      enabled: stages.includes(Number(flags.ROLLOUT_STAGE)),
      userLabels: { tickover: id, environment: 'production' },
      notificationChannels: [CHANNEL],
    })),
    channels: [{ name: CHANNEL, type: 'email', displayName: 'Tickover: ana@example.com', enabled: true }],
    watch_asked: [{ timestamp: new Date(NOW - 200_000).toISOString(), insertId: 'x' }],
    watch: {
      name: `projects/${PLACE.project}/locations/${WATCH_REGION}/jobs/tickover-watch`,
      state: 'ENABLED',
      httpTarget: {
        uri: `${URL_}/health?max_overdue=0`,
        oidcToken: { serviceAccountEmail: account('watch'), audience: URL_ },
      },
      lastAttemptTime: new Date(NOW - 200_000).toISOString(),
      status: {},
    },
    version: { name: 'projects/1/secrets/mail-token/versions/1', state: 'ENABLED' },
    readers: { bindings: [{ role: 'roles/secretmanager.secretAccessor', members: [member('runtime')] }] },
  }
}

export type Answers = ReturnType<typeof goodAnswers>

/** A gcloud that gives these answers, and refuses whatever else it is asked; `refuses`: what it refuses besides. */
export function gcloudWith(
  answers: Answers,
  refuses: readonly (keyof Answers)[] = [],
): { run: Gcloud; calls: string[][] } {
  const calls: string[][] = []
  const asked = new Map<string, keyof Answers>()
  const put = (name: keyof Answers, args: readonly string[]) => void asked.set(args.join(' '), name)
  const { project } = PLACE
  for (const [name, args] of Object.entries(questions(PLACE, PAGE))) put(name as keyof Answers, args)
  for (const [name, args] of Object.entries(
    secretQuestions(project, { name: 'mail-token', version: 'latest' }),
  ))
    put(name as keyof Answers, args)
  put('watch', watchQuestion(project, WATCH_REGION))
  return {
    calls,
    run(args) {
      calls.push([...args])
      const name = asked.get(args.join(' '))
      if (name === undefined || refuses.includes(name))
        return Promise.reject(new Error(`gcloud ${args.slice(0, 3).join(' ')} failed: PERMISSION_DENIED`))
      return Promise.resolve(JSON.stringify(answers[name]))
    },
  }
}
