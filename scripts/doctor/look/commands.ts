import { type Place, placeArgs } from '../../rollout/cloud/update.ts'

/** The one database that the function uses. */
export const DATABASE = '--database=(default)'

/** How far back the log is asked for the watch. */
export const WATCH_HOURS = 1

/** Every question to gcloud that needs no other answer first. They change nothing. */
export function questions(place: Place, page_service: string) {
  const { project, service } = place
  const json = [`--project=${project}`, '--format=json']
  const policyOf = (name: string) => [
    'run',
    'services',
    'get-iam-policy',
    name,
    ...placeArgs(place),
    '--format=json',
  ]
  return {
    apis: ['services', 'list', '--enabled', ...json],
    accounts: ['iam', 'service-accounts', 'list', ...json],
    roles: ['projects', 'get-iam-policy', project, '--format=json'],
    services: ['run', 'services', 'list', ...placeArgs(place), '--format=json'],
    invokers: policyOf(service),
    page_invokers: policyOf(page_service),
    database: ['firestore', 'databases', 'describe', DATABASE, ...json],
    indexes: ['firestore', 'indexes', 'composite', 'list', DATABASE, ...json],
    ttls: ['firestore', 'fields', 'ttls', 'list', DATABASE, ...json],
    exemptions: ['firestore', 'indexes', 'fields', 'list', DATABASE, ...json],
    metrics: ['logging', 'metrics', 'list', ...json],
    policies: ['alpha', 'monitoring', 'policies', 'list', ...json],
    channels: ['beta', 'monitoring', 'channels', 'list', ...json],
    watch_asked: ['logging', 'read', watchLine(service), '--limit=1', `--freshness=${WATCH_HOURS}h`, ...json],
  } as const
}

/** What tells of one secret. */
export function secretQuestions(project: string, { name, version }: { name: string; version: string }) {
  const json = [`--project=${project}`, '--format=json']
  return {
    version: ['secrets', 'versions', 'describe', version, `--secret=${name}`, ...json],
    readers: ['secrets', 'get-iam-policy', name, ...json],
  } as const
}

/** The Cloud Scheduler job of the watch, as Terraform names it. */
export const WATCH_JOB = 'tickover-watch'

/** What tells of the job that watches. */
export function watchQuestion(project: string, region: string): string[] {
  return [
    'scheduler',
    'jobs',
    'describe',
    WATCH_JOB,
    `--location=${region}`,
    `--project=${project}`,
    '--format=json',
  ]
}

function watchLine(service: string): string {
  return `resource.labels.service_name="${service}" AND jsonPayload.event="overdue_checked"`
}
