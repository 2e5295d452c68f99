import { z } from 'zod'
import type { Env } from '../../../functions/config.ts'
import type { Capacity } from '../platform.ts'

const annotated = z.object({ annotations: z.record(z.string(), z.string()).default({}) })
const noAnnotations = { annotations: {} }

const service = z.object({
  metadata: annotated.default(noAnnotations),
  spec: z.object({ template: z.object({ metadata: annotated.default(noAnnotations) }) }),
  status: z.object({
    url: z.url(),
    latestReadyRevisionName: z.string().optional(),
    traffic: z
      .array(z.object({ revisionName: z.string().optional(), percent: z.number().default(0) }))
      .default([]),
  }),
})

const containers = z.array(
  z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]) }),
)
const revision = z.object({ metadata: z.object({ name: z.string() }), spec: z.object({ containers }) })
const listed = z.array(
  z.object({ spec: z.object({ template: z.object({ spec: z.object({ containers }) }) }) }),
)

/** A Cloud Run service, as far as a rollout needs to know it. */
export interface Description {
  readonly url: string
  /** The revision with all the traffic; null when it is split, or none has it. */
  readonly serving: string | null
  readonly latest: string | null
  /** Was it taken off by manual scaling to no instance? */
  readonly stopped: boolean
  readonly max_instances: number | null
  readonly capacity: Capacity
}

/** Reads `gcloud run services describe --format=json`. */
export function readService(text: string): Description {
  const { metadata, spec, status } = service.parse(JSON.parse(text))
  const own = metadata.annotations
  const template = spec.template.metadata.annotations
  return {
    url: status.url,
    serving: status.traffic.find(({ percent }) => percent === 100)?.revisionName ?? null,
    latest: status.latestReadyRevisionName ?? null,
    stopped:
      own['run.googleapis.com/scalingMode'] === 'manual' &&
      own['run.googleapis.com/manualInstanceCount'] === '0',
    max_instances: whole(template['autoscaling.knative.dev/maxScale']),
    capacity: {
      cpu_always: template['run.googleapis.com/cpu-throttling'] === 'false',
      min_instances: Math.max(
        whole(template['autoscaling.knative.dev/minScale']) ?? 0,
        whole(own['run.googleapis.com/minScale']) ?? 0,
        whole(own['run.googleapis.com/manualInstanceCount']) ?? 0,
      ),
    },
  }
}

/** A number in an annotation. */
function whole(value: string | undefined): number | null {
  return value === undefined ? null : Number(value)
}

/**
 * The flags in `gcloud run revisions describe --format=json`. What comes from a secret cannot be seen: a service's token or key
 * has a stand-in, since without one its configuration would be judged incomplete.
 */
export function readFlags(text: string): Env {
  return flagsIn(revision.parse(JSON.parse(text)).spec.containers)
}

/** The flags of the first service in `gcloud run services list --format=json`; null when it lists none. */
export function readListed(text: string): Env | null {
  const [first] = listed.parse(JSON.parse(text))
  return first === undefined ? null : flagsIn(first.spec.template.spec.containers)
}

function flagsIn([first]: z.infer<typeof containers>): Env {
  const seen = (first?.env ?? []).map(({ name, value }) => [name, value ?? unseenSecret(name)] as const)
  return Object.fromEntries(seen.filter(([, value]) => value !== undefined))
}

/** What stands for a service's token or key that cannot be seen here; undefined: no such flag. */
export function unseenSecret(name: string): string | undefined {
  if (name.endsWith('_WEBHOOK_SECRET')) return `whsec_${'A'.repeat(32)}`
  return name.endsWith('_TOKEN') ? `unseen-${name}`.padEnd(32, '-') : undefined
}

/** The names in `gcloud run revisions list --format=json`. */
export function readRevisions(text: string): string[] {
  return z
    .array(z.object({ metadata: z.object({ name: z.string() }) }))
    .parse(JSON.parse(text))
    .map(({ metadata }) => metadata.name)
}
