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
    latestCreatedRevisionName: z.string().optional(),
    traffic: z
      .array(z.object({ revisionName: z.string().optional(), percent: z.number().default(0) }))
      .default([]),
  }),
})

const variable = z.object({ name: z.string(), value: z.string().optional() })
const container = z.object({ image: z.string(), env: z.array(variable).default([]) })
const revision = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ containers: z.tuple([container], z.unknown()) }),
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      imageDigest: z.string().optional(),
    })
    .default({ conditions: [] }),
})

/** A Cloud Run service, as far as a rollout needs to know it. */
export interface Description {
  readonly url: string
  /** The revision with all the traffic; null when it is split, or none has it. */
  readonly serving: string | null
  /** The latest that came up: the one that `--to-latest` gives the traffic to. */
  readonly latest: string | null
  /** The latest of all, also one that did not come up: the next revision is made from it. */
  readonly created: string | null
  /** Was it taken off by manual scaling to no instance? */
  readonly stopped: boolean
  readonly max_instances: number | null
  readonly capacity: Capacity
}

/** A revision, as far as somebody needs to know it who changes a service. */
export interface Revision {
  readonly name: string
  /** By its digest where that is known. */
  readonly image: string
  readonly flags: Env
  /** Did it come up? */
  readonly is_ready: boolean
}

/** Reads `gcloud run services describe --format=json`. */
export function readService(text: string): Description {
  return described(service.parse(JSON.parse(text)))
}

/** The first service in `gcloud run services list --format=json`; null when it lists none. */
export function readListed(text: string): Description | null {
  const [first] = z.array(service).parse(JSON.parse(text))
  return first === undefined ? null : described(first)
}

function described({ metadata, spec, status }: z.infer<typeof service>): Description {
  const own = metadata.annotations
  const template = spec.template.metadata.annotations
  return {
    url: status.url,
    serving: status.traffic.find(({ percent }) => percent === 100)?.revisionName ?? null,
    latest: status.latestReadyRevisionName ?? null,
    created: status.latestCreatedRevisionName ?? null,
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

/** Reads `gcloud run revisions describe --format=json`. */
export function readRevision(text: string): Revision {
  return revisionOf(revision.parse(JSON.parse(text)))
}

/** Reads `gcloud run revisions list --format=json`. */
export function readRevisions(text: string): Revision[] {
  return z.array(revision).parse(JSON.parse(text)).map(revisionOf)
}

function revisionOf({ metadata, spec, status }: z.infer<typeof revision>): Revision {
  const [{ image, env }] = spec.containers
  return {
    name: metadata.name,
    image: status.imageDigest ?? image,
    flags: flagsIn(env),
    is_ready: status.conditions.some((one) => one.type === 'Ready' && one.status === 'True'),
  }
}

/**
 * The flags of a container. What comes from a secret cannot be seen: a service's token or key has a stand-in, since without one its configuration would be
 * judged incomplete.
 */
export function flagsIn(env: readonly z.infer<typeof variable>[]): Env {
  const seen = env.map(({ name, value }) => [name, value ?? unseenSecret(name)] as const)
  return Object.fromEntries(seen.filter(([, value]) => value !== undefined))
}

/** What stands for a service's token or key that cannot be seen here; undefined: no such flag. */
export function unseenSecret(name: string): string | undefined {
  if (name.endsWith('_WEBHOOK_SECRET')) return `whsec_${'A'.repeat(32)}`
  return name.endsWith('_TOKEN') ? `unseen-${name}`.padEnd(32, '-') : undefined
}
