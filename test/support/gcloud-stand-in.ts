import type { Gcloud } from '../../scripts/rollout/cloud/gcloud.ts'
import { type GcloudTree, problemsOf } from './gcloud-tree.ts'

/** A revision as Cloud Run holds it. Without an address it is the placeholder that Terraform begins with. */
interface Revision {
  readonly name: string
  readonly image: string
  readonly url: string | null
}

/** A service: what runs, who has the traffic, who has the tag. */
interface Service {
  readonly flags: Readonly<Record<string, string>>
  readonly revisions: Revision[]
  serving: Revision
  tagged: Revision | null
}

/** Starts what a revision runs; resolves to its address. Rejects when it does not come up. */
export type BringUp = (service: string, revision: string) => Promise<string>

/**
 * gcloud for the Cloud Run services of these names, each with flags and, at first, the placeholder. It refuses every command and flag
 * that gcloud's own tree does not know, and every command that it does not play.
 */
export function gcloudStandIn(options: {
  readonly tree: GcloudTree
  readonly services: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly bringUp: BringUp
}) {
  const { tree, bringUp } = options
  const calls: string[][] = []
  const services = new Map(
    Object.entries(options.services).map(([name, flags]) => [name, begun(name, flags)]),
  )

  const serviceOf = (name: string): Service => {
    const service = services.get(name)
    if (service === undefined) throw new Error(`ERROR: (gcloud.run) Cannot find service [${name}]`)
    return service
  }

  async function deploy(name: string, args: readonly string[]): Promise<void> {
    const service = serviceOf(name)
    const made = `${name}-${String(service.revisions.length + 1).padStart(5, '0')}`
    const image = option(args, '--image') ?? `europe-west1-docker.pkg.dev/p/run/${name}@sha256:${made}`
    const url = await bringUp(name, made).catch((error: unknown) => {
      throw new Error(`ERROR: Revision '${made}' is not ready and cannot serve traffic. ${String(error)}`)
    })
    const revision = { name: made, image, url }
    service.revisions.push(revision)
    if (option(args, '--tag') !== undefined) service.tagged = revision
    if (!args.includes('--no-traffic')) service.serving = revision
  }

  function updateTraffic(name: string, args: readonly string[]): void {
    const service = serviceOf(name)
    const [to] = (option(args, '--to-revisions') ?? '').split('=')
    const revision = args.includes('--to-latest')
      ? service.revisions.at(-1)
      : service.revisions.find((one) => one.name === to)
    if (revision === undefined) throw new Error(`ERROR: Revision [${to}] does not exist`)
    service.serving = revision
    if (option(args, '--remove-tags') !== undefined) service.tagged = null
  }

  function describeRevision(name: string): unknown {
    for (const service of services.values()) {
      const found = service.revisions.find((one) => one.name === name)
      if (found !== undefined) return shownRevision(found, service.flags)
    }
    throw new Error(`ERROR: Cannot find revision [${name}]`)
  }

  const verbs: Readonly<Record<string, (name: string, args: readonly string[]) => unknown>> = {
    'run deploy': deploy,
    'beta run deploy': deploy,
    'run services describe': (name) => shownService(serviceOf(name)),
    'run services update-traffic': updateTraffic,
    'run revisions describe': describeRevision,
    'run revisions list': (_, args) => {
      const { revisions, flags } = serviceOf(option(args, '--service') ?? '')
      return revisions.toReversed().map((one) => shownRevision(one, flags))
    },
  }

  const run: Gcloud = async (args) => {
    const problems = problemsOf(tree, args)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    calls.push([...args])
    const words = args.filter((arg) => !arg.startsWith('-'))
    const verb = Object.keys(verbs).find((one) => words.join(' ').concat(' ').startsWith(`${one} `))
    if (verb === undefined) throw new Error(`The stand-in does not play: gcloud ${words.join(' ')}`)
    return JSON.stringify(await verbs[verb]?.(words.at(-1) ?? '', args)) ?? ''
  }

  return {
    run,
    calls,
    /** What it was told to change, in order. */
    changes: () => calls.filter((args) => args.includes('deploy') || args.includes('update-traffic')),
    serving: (name: string) => serviceOf(name).serving.name,
  }
}

function begun(name: string, flags: Readonly<Record<string, string>>): Service {
  const first = { name: `${name}-00001`, image: 'us-docker.pkg.dev/cloudrun/container/hello', url: null }
  return { flags, revisions: [first], serving: first, tagged: null }
}

function option(args: readonly string[], name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1)
}

function shownService({ revisions, serving, tagged }: Service): unknown {
  const tag = tagged === null ? [] : [{ tag: 'candidate', url: tagged.url, revisionName: tagged.name }]
  return {
    metadata: {},
    spec: { template: { metadata: {} } },
    status: {
      url: 'https://tickover-1.europe-west1.run.app',
      latestReadyRevisionName: revisions.at(-1)?.name,
      traffic: [
        { revisionName: serving.name, percent: 100, latestRevision: serving === revisions.at(-1) },
        ...tag,
      ],
    },
  }
}

function shownRevision({ name, image }: Revision, flags: Readonly<Record<string, string>>): unknown {
  const env = Object.entries(flags).map(([name, value]) => ({ name, value }))
  const conditions = [{ type: 'Ready', status: 'True' }]
  return { metadata: { name }, spec: { containers: [{ image, env }] }, status: { conditions } }
}
