import { z } from 'zod'
import { parse } from './parse.ts'

const metric = z.object({ name: z.string(), filter: z.string() })
const policy = z.object({
  enabled: z.boolean().default(true),
  userLabels: z.record(z.string(), z.string()).default({}),
  notificationChannels: z.array(z.string()).default([]),
})
const channel = z.object({
  name: z.string(),
  displayName: z.string().default(''),
  enabled: z.boolean().default(true),
  verificationStatus: z.string().optional(),
})
const watchJob = z.object({
  state: z.string(),
  httpTarget: z.object({
    uri: z.string(),
    oidcToken: z.object({ serviceAccountEmail: z.string(), audience: z.string().optional() }).optional(),
  }),
  lastAttemptTime: z.string().optional(),
  status: z.object({ code: z.number().default(0) }).optional(),
})

/** A log-based metric. */
export type Metric = z.infer<typeof metric>

/** An alert policy. `alert`: the id of the catalog that it stands for; null: it is none of ours. */
export interface Policy {
  readonly alert: string | null
  readonly enabled: boolean
  /** Somebody chose in the tfvars that it stays off. */
  readonly off_by_choice: boolean
  readonly channels: readonly string[]
}

/** Where a notification goes. */
export interface Channel {
  readonly name: string
  readonly title: string
  readonly reaches: boolean
}

/** The Cloud Scheduler job that watches. `last_code`: google.rpc.Code of the last attempt; null: there was none. */
export interface WatchJob {
  readonly state: string
  readonly audience: string | null
  readonly account: string | null
  readonly last_code: number | null
}

/** The label by which Terraform marks the policy of an alert. */
const LABEL = 'tickover'

/** Reads `gcloud logging metrics list`. */
export function readMetrics(text: string): readonly Metric[] {
  return parse(z.array(metric), text)
}

/** Reads `gcloud alpha monitoring policies list`. */
export function readPolicies(text: string): readonly Policy[] {
  return parse(z.array(policy), text).map(({ enabled, userLabels, notificationChannels }) => ({
    alert: userLabels[LABEL] ?? null,
    enabled,
    off_by_choice: userLabels.off === 'chosen',
    channels: notificationChannels,
  }))
}

/** Reads `gcloud beta monitoring channels list`. */
export function readChannels(text: string): readonly Channel[] {
  return parse(z.array(channel), text).map(({ name, displayName, enabled, verificationStatus }) => ({
    name,
    title: displayName === '' ? name : displayName,
    reaches: enabled && verificationStatus !== 'UNVERIFIED',
  }))
}

/** Reads `gcloud scheduler jobs describe`. */
export function readWatchJob(text: string): WatchJob {
  const { state, httpTarget, lastAttemptTime, status } = parse(watchJob, text)
  return {
    state,
    audience: httpTarget.oidcToken?.audience ?? null,
    account: httpTarget.oidcToken?.serviceAccountEmail ?? null,
    last_code: lastAttemptTime === undefined ? null : (status?.code ?? 0),
  }
}

/** Reads `gcloud logging read`: when (ms) the newest of the lines was written; null: there is none. */
export function readNewest(text: string): number | null {
  const [newest] = parse(z.array(z.object({ timestamp: z.iso.datetime({ offset: true }) })), text)
  return newest === undefined ? null : Date.parse(newest.timestamp)
}
