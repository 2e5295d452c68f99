import { z } from 'zod'
import { readService } from '../rollout/cloud/description.ts'
import type { Gcloud } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import { describeCommand, describeRevisionCommand, listCommand, TAG } from './commands.ts'

/** A revision that has an address of its own. */
export interface Candidate {
  readonly revision: string
  readonly url: string
}

/** A service, as far as a deployment needs to know it. */
export interface Standing {
  readonly url: string
  /** The revision with all the traffic; null when it is split, or none has it. */
  readonly serving: string | null
  readonly latest: string | null
  readonly candidate: Candidate | null
}

const tagged = z.object({
  status: z.object({
    traffic: z
      .array(
        z.object({
          tag: z.string().optional(),
          url: z.url().optional(),
          revisionName: z.string().optional(),
        }),
      )
      .default([]),
  }),
})

const revision = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ containers: z.tuple([z.object({ image: z.string() })], z.unknown()) }),
  status: z
    .object({
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      imageDigest: z.string().optional(),
    })
    .default({ conditions: [] }),
})

/** How the service stands now. Rejects when it is not there, and says who makes it. */
export async function standingOf(place: Place, run: Gcloud): Promise<Standing> {
  const text = await run(describeCommand(place)).catch((error: unknown) => {
    throw isAbsent(error) ? new Error(absence(place), { cause: error }) : error
  })
  const { url, serving, latest } = readService(text)
  const { traffic } = tagged.parse(JSON.parse(text)).status
  const mine = traffic.find(({ tag }) => tag === TAG)
  const candidate =
    mine?.url === undefined || mine.revisionName === undefined
      ? null
      : { url: mine.url, revision: mine.revisionName }
  return { url, serving, latest, candidate }
}

/** The image of a revision, by its digest where that is known. */
export async function imageOf(place: Place, name: string, run: Gcloud): Promise<string> {
  const { spec, status } = revision.parse(JSON.parse(await run(describeRevisionCommand(place, name))))
  return status.imageDigest ?? spec.containers[0].image
}

/** How far back a rollback looks. */
export const MOST_REVISIONS = 50
/** What Terraform makes a service with, before the first deployment. */
const PLACEHOLDER = 'us-docker.pkg.dev/cloudrun/container/'

/** The version that served before this revision: the last one made before it that came up; null when there is none. */
export async function revisionBefore(place: Place, name: string, run: Gcloud): Promise<string | null> {
  const all = z.array(revision).parse(JSON.parse(await run(listCommand(place, MOST_REVISIONS))))
  const at = all.findIndex(({ metadata }) => metadata.name === name)
  const older = at < 0 ? [] : all.slice(at + 1)
  return older.find((one) => isReady(one) && !isPlaceholder(one))?.metadata.name ?? null
}

function isReady({ status }: z.infer<typeof revision>): boolean {
  return status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True')
}

function isPlaceholder({ spec }: z.infer<typeof revision>): boolean {
  return spec.containers[0].image.startsWith(PLACEHOLDER)
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && /cannot find service|not[_ ]found/i.test(error.message)
}

function absence({ service, project, region }: Place): string {
  return `There is no service ${service} in ${project}, ${region}. Terraform makes it: terraform -chdir=infra apply. Then deploy again.`
}
