import { z } from 'zod'
import { readRevision, readService } from '../rollout/cloud/description.ts'
import { type Gcloud, shellLine } from '../rollout/cloud/gcloud.ts'
import type { Place } from '../rollout/cloud/update.ts'
import { backCommand, describeCommand, describeRevisionCommand, TAG } from './commands.ts'

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
  /** The latest that came up. */
  readonly latest: string | null
  /** The latest of all. */
  readonly created: string | null
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

/** How the service stands now. Rejects when it is not there, and says who makes it. */
export async function standingOf(place: Place, run: Gcloud): Promise<Standing> {
  const text = await run(describeCommand(place)).catch((error: unknown) => {
    throw isAbsent(error) ? new Error(absence(place), { cause: error }) : error
  })
  const { url, serving, latest, created } = readService(text)
  const { traffic } = tagged.parse(JSON.parse(text)).status
  const mine = traffic.find(({ tag }) => tag === TAG)
  const candidate =
    mine?.url === undefined || mine.revisionName === undefined
      ? null
      : { url: mine.url, revision: mine.revisionName }
  return { url, serving, latest, created, candidate }
}

/** The revision with all the traffic. Throws where there is none, and says how one gets it. */
export function servingOf({ serving }: Standing, place: Place): string {
  if (serving !== null) return serving
  const command = shellLine(backCommand(place, 'REVISION'))
  throw new Error(
    `No revision of ${place.service} has all the traffic, so there is none to come back to. Give it to one first: ${command}`,
  )
}

/** The image of a revision, by its digest where that is known. */
export async function imageOf(place: Place, name: string, run: Gcloud): Promise<string> {
  return readRevision(await run(describeRevisionCommand(place, name))).image
}

/** Is it what Terraform makes a service with, before the first deployment? */
export function isPlaceholder(image: string): boolean {
  return image.startsWith('us-docker.pkg.dev/cloudrun/container/')
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && /cannot find service|not[_ ]found/i.test(error.message)
}

function absence({ service, project, region }: Place): string {
  return `There is no service ${service} in ${project}, ${region}. Terraform makes it: terraform -chdir=infra apply. Then deploy again.`
}
