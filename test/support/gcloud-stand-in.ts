import type { Gcloud } from '../../scripts/rollout/cloud/gcloud.ts'
import { type GcloudTree, problemsOf } from './gcloud-tree.ts'

export const SERVICE_URL = 'https://tickover-1.europe-west1.run.app'

type Flags = Readonly<Record<string, string>>

/** What a revision is made from. A name in it is what gcloud's `--tag` leaves behind. */
interface Template {
  readonly image: string
  readonly flags: Flags
  readonly name?: string
}

/** A revision as Cloud Run holds it. Without an address it is the placeholder that Terraform begins with. */
interface Revision extends Template {
  readonly name: string
  readonly url: string | null
  readonly is_ready: boolean
}

/** A service: what the next revision is made from, all revisions, who has the traffic, who has a tag. */
interface Service {
  template: Template
  readonly revisions: Revision[]
  traffic: { readonly to: 'latest' } | { readonly to: 'one'; readonly name: string }
  tags: Readonly<Record<string, string>>
  is_stopped: boolean
}

/** Starts what a revision runs; resolves to its address. Rejects when it does not come up. */
export type BringUp = (service: string, revision: string) => Promise<string>

/**
 * gcloud for the Cloud Run services of these names, each with flags and, at first, the placeholder. It refuses every command that it
 * does not play and, where gcloud's own tree is there, every command and flag that this does not know.
 */
export function gcloudStandIn(options: {
  readonly tree: GcloudTree | null
  readonly services: Readonly<Record<string, Flags>>
  readonly bringUp?: BringUp
}) {
  const { tree, bringUp = () => Promise.resolve(SERVICE_URL) } = options
  const calls: string[][] = []
  const services = new Map(
    Object.entries(options.services).map(([name, flags]) => [name, begun(name, flags)]),
  )

  const serviceOf = (name: string): Service => {
    const service = services.get(name)
    if (service === undefined) throw new Error(`ERROR: (gcloud.run) Cannot find service [${name}]`)
    return service
  }

  /** The template is changed before the revision is tried, and stays so. */
  async function deploy(service: string, args: readonly string[]): Promise<void> {
    const one = serviceOf(service)
    const name = `${service}-${String(one.revisions.length + 1).padStart(5, '0')}`
    if (args.includes('--no-traffic')) one.traffic = { to: 'one', name: servingOf(one).name }
    one.template = changed(one.template, name, service, args)
    const coming = await bringUp(service, name).then(
      (url) => ({ url, error: null }),
      (error: unknown) => ({ url: null, error: String(error) }),
    )
    one.revisions.push({ ...one.template, name, url: coming.url, is_ready: coming.error === null })
    const tag = option(args, '--tag')
    if (tag !== undefined) one.tags = { ...one.tags, [tag]: name }
    if (coming.error !== null)
      throw new Error(`ERROR: Revision '${name}' is not ready and cannot serve traffic. ${coming.error}`)
  }

  /** What is not of the template makes no revision. */
  async function update(service: string, args: readonly string[]): Promise<void> {
    const scaling = option(args, '--scaling')
    if (scaling !== undefined) serviceOf(service).is_stopped = scaling === '0'
    if (args.some((arg) => /^--(update|remove)-env-vars=|^--(image|max-instances)=|cpu-throttling/.test(arg)))
      await deploy(service, args)
  }

  function updateTraffic(service: string, args: readonly string[]): void {
    const one = serviceOf(service)
    const [to] = pairs(option(args, '--to-revisions'))
    const tags = tagsAfter(one.tags, args)
    for (const name of [...Object.values(tags), ...(to === undefined ? [] : [to[0]])])
      if (!one.revisions.some((revision) => revision.name === name))
        throw new Error(`ERROR: Revision [${name}] does not exist`)
    one.tags = tags
    if (args.includes('--to-latest')) one.traffic = { to: 'latest' }
    if (to !== undefined) one.traffic = { to: 'one', name: to[0] }
  }

  function describeRevision(name: string): unknown {
    const all = [...services.values()].flatMap(({ revisions }) => revisions)
    const found = all.find((one) => one.name === name)
    if (found === undefined) throw new Error(`ERROR: Cannot find revision [${name}]`)
    return shownRevision(found)
  }

  const verbs: Readonly<Record<string, (name: string, args: readonly string[]) => unknown>> = {
    'run deploy': deploy,
    'run services update': update,
    'run services describe': (name) => shownService(serviceOf(name)),
    'run services list': (_, args) => {
      const one = services.get(option(args, '--filter')?.replace('metadata.name=', '') ?? '')
      return one === undefined ? [] : [shownService(one)]
    },
    'run services update-traffic': updateTraffic,
    'run revisions describe': describeRevision,
    'run revisions list': (_, args) =>
      serviceOf(option(args, '--service') ?? '')
        .revisions.toReversed()
        .map(shownRevision),
  }

  const run: Gcloud = async (args) => {
    const problems = tree === null ? [] : problemsOf(tree, args)
    if (problems.length > 0) throw new Error(problems.join('\n'))
    calls.push([...args])
    const words = args.filter((arg) => !arg.startsWith('-') && arg !== 'beta')
    const verb = Object.keys(verbs).find((one) => words.join(' ').concat(' ').startsWith(`${one} `))
    if (verb === undefined) throw new Error(`The stand-in does not play: gcloud ${words.join(' ')}`)
    return JSON.stringify(await verbs[verb]?.(words.at(-1) ?? '', args)) ?? ''
  }

  return {
    run,
    calls,
    /** The commands that were to change something, in order. */
    changes: () =>
      calls.filter((args) => args.some((arg) => ['deploy', 'update', 'update-traffic'].includes(arg))),
    serving: (name: string) => servingOf(serviceOf(name)).name,
    image: (name: string) => servingOf(serviceOf(name)).image,
    template: (name: string) => serviceOf(name).template,
    flags: (name: string) => servingOf(serviceOf(name)).flags,
    tags: (name: string) => serviceOf(name).tags,
  }
}

function begun(name: string, flags: Flags): Service {
  const template = { image: 'us-docker.pkg.dev/cloudrun/container/hello', flags }
  const first = { ...template, name: `${name}-00001`, url: null, is_ready: true }
  return { template, revisions: [first], traffic: { to: 'latest' }, tags: {}, is_stopped: false }
}

/** A build makes a new image. */
function changed(template: Template, made: string, service: string, args: readonly string[]): Template {
  const isBuilt = args.some((arg) => arg.startsWith('--source='))
  const built = isBuilt ? `europe-west1-docker.pkg.dev/p/run/${service}@sha256:${made}` : template.image
  const set = pairs(option(args, '--update-env-vars')?.replace('^@@^', ''), '@@')
  const unset = (option(args, '--remove-env-vars') ?? '').split(',')
  const flags = Object.entries(template.flags).filter(([name]) => !unset.includes(name))
  return {
    image: option(args, '--image') ?? built,
    flags: { ...Object.fromEntries(flags), ...Object.fromEntries(set) },
    ...(option(args, '--tag') === undefined ? {} : { name: made }),
  }
}

function tagsAfter(tags: Service['tags'], args: readonly string[]): Service['tags'] {
  const set = option(args, '--set-tags')
  const gone = (option(args, '--remove-tags') ?? '').split(',')
  const kept = Object.entries(tags).filter(([tag]) => set === undefined && !gone.includes(tag))
  return Object.fromEntries([...kept, ...pairs(set ?? option(args, '--update-tags'))])
}

function servingOf({ revisions, traffic }: Service): Revision {
  const ready = revisions.findLast(({ is_ready }) => is_ready)
  const one = traffic.to === 'latest' ? ready : revisions.find(({ name }) => name === traffic.name)
  if (one === undefined) throw new Error('nothing serves')
  return one
}

function option(args: readonly string[], name: string): string | undefined {
  return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** `A=1,B=2`. */
function pairs(text: string | undefined, separator = ','): [string, string][] {
  return (text ?? '')
    .split(separator)
    .filter((pair) => pair !== '')
    .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
}

const STOPPED = { 'run.googleapis.com/scalingMode': 'manual', 'run.googleapis.com/manualInstanceCount': '0' }

function shownService(one: Service): unknown {
  const { template, revisions, traffic, tags, is_stopped } = one
  const serving = { revisionName: servingOf(one).name, percent: 100, latestRevision: traffic.to === 'latest' }
  const tagged = Object.entries(tags).map(([tag, name]) => ({
    tag,
    revisionName: name,
    url: revisions.find((revision) => revision.name === name)?.url ?? undefined,
  }))
  return {
    metadata: { annotations: is_stopped ? STOPPED : {} },
    spec: {
      template: {
        metadata: template.name === undefined ? {} : { name: template.name },
        spec: { containers: [shownContainer(template)] },
      },
    },
    status: {
      url: SERVICE_URL,
      latestReadyRevisionName: revisions.findLast(({ is_ready }) => is_ready)?.name,
      latestCreatedRevisionName: revisions.at(-1)?.name,
      traffic: [serving, ...tagged],
    },
  }
}

/** Cloud Run says the digest, whatever the image was called. */
function shownRevision(one: Revision): unknown {
  const { name, image, is_ready } = one
  const conditions = [{ type: 'Ready', status: is_ready ? 'True' : 'False' }]
  const imageDigest = image.includes('@') ? image : `${image}@sha256:0`
  return {
    metadata: { name },
    spec: { containers: [shownContainer(one)] },
    status: { conditions, imageDigest },
  }
}

function shownContainer({ image, flags }: Template): unknown {
  return { image, env: Object.entries(flags).map(([name, value]) => ({ name, value })) }
}
