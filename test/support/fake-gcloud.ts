export const SERVICE_URL = 'https://jobs-abc-uc.a.run.app'

/**
 * gcloud for one Cloud Run service with these flags: each update makes a revision, which gets the traffic unless that is
 * pinned.
 */
export function fakeGcloud(
  env: Record<string, string>,
  { pinned = false, page = null }: { pinned?: boolean; page?: Record<string, string> | null } = {},
) {
  const calls: string[][] = []
  let pageFlags = page
  let own: Record<string, string> = {}
  let flags = env
  let latest = 1
  let serving = 1

  function update(args: readonly string[]): void {
    flags = updated(flags, args)
    if (args.includes('--scaling=auto')) own = {}
    latest += 1
    if (!pinned) serving = latest
  }

  function updatePage(args: readonly string[]): void {
    pageFlags = updated(pageFlags ?? {}, args)
  }

  function giveTraffic(): void {
    serving = latest
  }

  function stop(): void {
    own = STOPPED
  }

  const answers: readonly (readonly [string, (args: readonly string[]) => unknown])[] = [
    [
      'services list',
      () => (pageFlags === null ? [] : [{ spec: { template: describeTemplate(pageFlags) } }]),
    ],
    ['services update jobs-page', updatePage],
    ['services describe', () => describeService(own, latest, serving)],
    ['revisions describe', () => describeRevision(serving, flags)],
    ['revisions list', () => [latest, 1].map((n) => ({ metadata: { name: revision(n) } }))],
    ['update-traffic', giveTraffic],
    ['--scaling=0', stop],
    ['services update', update],
  ]

  return {
    run: (args: readonly string[]) => {
      calls.push([...args])
      const [, answer] = answers.find(([words]) => args.join(' ').includes(words)) ?? []
      return Promise.resolve(JSON.stringify(answer?.(args)) ?? '')
    },
    pageFlags: () => pageFlags,
    /** The commands that changed something. */
    changes: () => calls.filter((args) => args.some((arg) => arg.startsWith('update'))),
  }
}

const STOPPED = { 'run.googleapis.com/scalingMode': 'manual', 'run.googleapis.com/manualInstanceCount': '0' }

function revision(n: number): string {
  return `jobs-0000${n}`
}

function option(args: readonly string[], name: string): string {
  return args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1) ?? ''
}

function readPairs(text: string): Record<string, string> {
  const pairs = text === '' ? [] : text.slice('^@@^'.length).split('@@')
  return Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s)))
}

function describeService(annotations: Record<string, string>, latest: number, serving: number) {
  const traffic = [{ revisionName: revision(serving), percent: 100 }]
  return {
    metadata: { annotations },
    spec: { template: { metadata: {} } },
    status: { url: SERVICE_URL, latestReadyRevisionName: revision(latest), traffic },
  }
}

function describeRevision(n: number, flags: Record<string, string>) {
  return { metadata: { name: revision(n) }, ...describeTemplate(flags) }
}

function describeTemplate(flags: Record<string, string>) {
  const env = Object.entries(flags).map(([name, value]) => ({ name, value }))
  return { spec: { containers: [{ env }] } }
}

/** The flags after an update with these arguments. */
function updated(flags: Record<string, string>, args: readonly string[]): Record<string, string> {
  const set = { ...flags, ...readPairs(option(args, '--update-env-vars')) }
  const unset = option(args, '--remove-env-vars').split(',')
  return Object.fromEntries(Object.entries(set).filter(([name]) => !unset.includes(name)))
}
