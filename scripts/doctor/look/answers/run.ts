import { z } from 'zod'
import type { Env } from '../../../../functions/config.ts'
import { flagsIn } from '../../../rollout/cloud/description.ts'
import { parse } from './parse.ts'

const annotated = z.object({ annotations: z.record(z.string(), z.string()).default({}) })
const variable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z
    .object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }).optional() })
    .optional(),
})
const container = z.object({ image: z.string().default(''), env: z.array(variable).default([]) })
const service = z.object({
  metadata: annotated.extend({ name: z.string() }),
  spec: z.object({
    template: z.object({
      metadata: annotated.default({ annotations: {} }),
      spec: z.object({ serviceAccountName: z.string().default(''), containers: z.array(container) }),
    }),
  }),
  status: z.object({
    url: z.string().optional(),
    latestReadyRevisionName: z.string().optional(),
    latestCreatedRevisionName: z.string().optional(),
    traffic: z
      .array(z.object({ revisionName: z.string().optional(), percent: z.number().default(0) }))
      .default([]),
  }),
})

/** A Cloud Run service, with what its next revision would be made from. */
export interface ServiceShape {
  readonly name: string
  readonly account: string
  readonly image: string
  readonly env: Env
  readonly secrets: readonly SecretRef[]
  /** Every audience that Cloud Run itself takes a token for: its URLs, and what was added. */
  readonly audiences: readonly string[]
  readonly has_iap: boolean
  /** Is IAM asked who may call it? */
  readonly asks_iam: boolean
  readonly max_instances: number | null
  /** The revision with all the traffic; null when it is split. */
  readonly serving: string | null
  readonly latest_ready: string | null
  readonly latest_created: string | null
}

/** A secret that a flag is read from. */
export interface SecretRef {
  readonly name: string
  readonly version: string
}

/** Reads `gcloud run services list`. */
export function readServices(text: string): readonly ServiceShape[] {
  return parse(z.array(service), text).map(shapeOf)
}

function shapeOf({ metadata, spec: { template }, status }: z.infer<typeof service>): ServiceShape {
  const own = metadata.annotations
  const [first] = template.spec.containers
  const most = template.metadata.annotations['autoscaling.knative.dev/maxScale']
  const more = ['run.googleapis.com/urls', 'run.googleapis.com/custom-audiences'].flatMap((name) =>
    list(own[name]),
  )
  return {
    name: metadata.name,
    account: template.spec.serviceAccountName,
    image: first?.image ?? '',
    env: flagsIn(first?.env ?? []),
    secrets: (first?.env ?? []).flatMap(({ valueFrom }) => refsOf(valueFrom?.secretKeyRef)),
    audiences: [...new Set([...(status.url === undefined ? [] : [status.url]), ...more])],
    has_iap: own['run.googleapis.com/iap-enabled'] === 'true',
    asks_iam: own['run.googleapis.com/invoker-iam-disabled'] !== 'true',
    max_instances: most === undefined ? null : Number(most),
    serving: status.traffic.find(({ percent }) => percent === 100)?.revisionName ?? null,
    latest_ready: status.latestReadyRevisionName ?? null,
    latest_created: status.latestCreatedRevisionName ?? null,
  }
}

function refsOf(ref: { name: string; key: string } | undefined): SecretRef[] {
  return ref === undefined ? [] : [{ name: ref.name, version: ref.key }]
}

/** A list that an annotation holds as JSON. */
function list(text: string | undefined): string[] {
  return text === undefined ? [] : z.array(z.string()).parse(JSON.parse(text))
}
