import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Clock } from '../../functions/clock.ts'
import { type Choices, main } from '../../scripts/deploy.ts'
import { AUDIENCE } from './function-process.ts'
import { type BringUp, gcloudStandIn } from './gcloud-stand-in.ts'
import { gcloudTree } from './gcloud-tree.ts'

/** Nobody plays gcloud where it is not installed. */
export const WITHOUT_GCLOUD = gcloudTree() === null

export const FLAGS = {
  ROLLOUT_STAGE: '1',
  SCHEDULER_OIDC_AUDIENCE: AUDIENCE,
  SCHEDULER_LANES: 'high:dwell,low',
}
export const PLACE = ['--project', 'p1', '--region', 'europe-west1']
/** Nobody waits here between two tries. */
export const IMPATIENT = { now: () => 0, sleep: () => Promise.resolve() }

/** Status, body, and what the body is, where it is not JSON like any other. */
export type Answer = [number, unknown, (string | undefined)?]

const open: (() => unknown)[] = []

/** Ends, after a test, what it brought up. */
export async function closeAll(): Promise<void> {
  await Promise.all(open.splice(0).map((close) => close()))
}

/** To be ended after the test. */
export function opened<T extends { kill(): unknown }>(one: T): T {
  open.push(() => one.kill())
  return one
}

/** Answers each path as a service would that has these flaws; resolves to its address. */
export async function played(
  answer: (path: string, isSigned: boolean) => Answer | Promise<Answer>,
): Promise<string> {
  const server = createServer((request, response) => {
    const isSigned = request.headers.authorization !== undefined
    void Promise.resolve(answer(request.url ?? '', isSigned)).then(
      ([status, body, type = 'application/json']) => {
        const headers = { 'content-type': type, connection: 'close' }
        response.writeHead(status, headers).end(JSON.stringify(body))
      },
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  open.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

/** The answers of a sound one. */
export function sound(revision: string, path: string, isSigned: boolean): Answer {
  if (path === '/health') return [200, { status: 'ok' }]
  if (path === '/admin') return [302, {}]
  return isSigned ? [200, { metrics: { revision, stage: 1 } }] : [403, {}]
}

/** Every revision is sound. */
export const playSound: BringUp = (_, revision) => played((path, isSigned) => sound(revision, path, isSigned))

/** Every revision is sound but these, which do not know the operator. */
export function playUnsound(...flawed: readonly string[]): BringUp {
  return (service, revision) =>
    flawed.includes(revision) ? played(() => [403, {}]) : playSound(service, revision)
}

/** The command, on a cloud in which Terraform has made both services. */
export function setup(bringUp: BringUp = playSound, clock: Clock = IMPATIENT) {
  const services = { tickover: FLAGS, 'tickover-page': FLAGS }
  const cloud = gcloudStandIn({ tree: gcloudTree(), services, bringUp })
  const said: string[] = []
  const deploy = (args: readonly string[] = [], choices: Choices = {}, env: Record<string, string> = {}) =>
    main([...PLACE, ...args], { OPERATOR_TOKEN: 'given', ...env }, clock, (line) => said.push(line), {
      run: cloud.run,
      build: () => Promise.resolve(),
      ...choices,
    })
  return { cloud, deploy, text: () => said.join('\n') }
}

/** The image that is built for a revision. */
export function imageMadeBy(revision: string): string {
  return `europe-west1-docker.pkg.dev/p/run/tickover@sha256:${revision}`
}

/** Commands without their place. */
export function shortened(commands: readonly string[][]): string[] {
  return commands.map((args) => args.filter((arg) => !/^--(region|project)=/.test(arg)).join(' '))
}
