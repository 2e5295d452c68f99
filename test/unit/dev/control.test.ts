import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Env } from '../../../functions/config.ts'
import { type Served, serveHere } from '../../../scripts/dev/serve-here.ts'
import { readChosen, withChosen, writeChosen } from '../../../scripts/dev/stack/chosen-flags.ts'
import { controlApp } from '../../../scripts/dev/stack/control.ts'
import { forget } from '../../../scripts/dev/stack/forget.ts'
import type { Revisions } from '../../../scripts/dev/stack/revisions.ts'
import { createService, type Service } from '../../../scripts/dev/stack/service.ts'
import { filesIn } from '../../../scripts/dev/stack/settings.ts'
import { announce, findStack, type ServiceState, withdraw } from '../../../scripts/dev/whereabouts.ts'
import { localPlatform } from '../../../scripts/rollout/local.ts'
import { realClock } from '../../support/real-clock.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** Revisions without processes: they come up unless a flag is bad, and keep every environment that they were given. */
function paperRevisions(): Revisions & { readonly envs: Env[] } {
  const envs: Env[] = []
  let serves = false
  return {
    envs,
    deploy: async (env) => {
      if (env.SCHEDULER_CONCURRENCY === 'bad') throw new Error('SCHEDULER_CONCURRENCY must be a whole number')
      envs.push(env)
      serves = true
      return `r${envs.length}`
    },
    stop: async () => {
      serves = false
    },
    list: () => (serves ? [{ name: `r${envs.length}`, serves }] : []),
    kill: () => undefined,
    ended: new Promise(() => undefined),
  }
}

/** A control surface over paper revisions, with what was kept. */
function setup({ shell = {}, chosen = {} }: { shell?: Env; chosen?: Record<string, string | null> } = {}) {
  const revisions = paperRevisions()
  const kept: object[] = []
  const service: Service = createService({
    shell,
    own: { SCHEDULER_STORAGE: 'json', SCHEDULER_STORAGE_FILE: 'own.json' },
    chosen,
    revisions,
    store: async (env) =>
      env.SCHEDULER_STORAGE === 'firestore' ? { FIRESTORE_EMULATOR_HOST: 'here:1' } : {},
    keep: (flags) => kept.push(flags),
  })
  const state = (): ServiceState => ({
    id: 'this-one',
    url: 'http://localhost:1',
    revisions: [...service.revisions()],
    env: { A: 'b' },
    files: { state: 's', journal: 'j', cloud_scheduler: 'c' },
    firestore: null,
    issuer: 'http://127.0.0.1:2',
    scheduler: '127.0.0.1:3',
    demo: 'http://127.0.0.1:4',
  })
  const app = controlApp({ service, state, firestore: async () => 'here:1' })
  const ask = async (method: string, path: string, body?: unknown, headers: object = {}) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    return app.request(path, { method, headers: { host: '127.0.0.1:9', ...headers }, ...sent })
  }
  return { app, ask, revisions, service, kept }
}

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'tickover-control-'))
  ends.push(() => rm(made, { recursive: true }))
  return made
}

describe('the control surface', () => {
  it.each([
    ['a page in a browser, which names its origin', { origin: 'http://127.0.0.1:9' }],
    ['a page whose name points here', { host: 'evil.example' }],
    ['a name that only begins like this machine', { host: 'localhost.evil.example:9' }],
    ['a request without a host', { host: '' }],
  ])('refuses %s, and changes nothing', async (_, headers) => {
    const { ask, revisions } = setup()
    for (const [method, path] of [
      ['GET', '/service'],
      ['PATCH', '/service'],
      ['POST', '/service/stop'],
    ] as const) {
      const body = method === 'PATCH' ? { env: { ROLLOUT_STAGE: '3' } } : undefined
      expect((await ask(method, path, body, headers)).status).toBe(403)
    }
    expect(revisions.envs).toEqual([])
  })

  it('deploys what is set over what the shell and the stack have, and unsets what is null', async () => {
    const { ask, revisions, kept } = setup({ shell: { ROLLOUT_STAGE: '1', PATH: '/bin' } })
    const env = { ROLLOUT_STAGE: null, SCHEDULER_STORAGE: 'firestore', SCHEDULER_CONCURRENCY: '3' }
    const answer = await ask('PATCH', '/service', { env })
    expect(await answer.json()).toMatchObject({ revision: 'r1', revisions: [{ name: 'r1', serves: true }] })
    expect(revisions.envs).toEqual([
      {
        PATH: '/bin',
        SCHEDULER_STORAGE: 'firestore',
        SCHEDULER_STORAGE_FILE: 'own.json',
        SCHEDULER_CONCURRENCY: '3',
        FIRESTORE_EMULATOR_HOST: 'here:1',
      },
    ])
    await ask('PATCH', '/service', { env: { SCHEDULER_STORAGE: null } })
    expect(revisions.envs.at(-1)).toMatchObject({ SCHEDULER_STORAGE: 'json', SCHEDULER_CONCURRENCY: '3' })
    expect(kept).toEqual([env, { ...env, SCHEDULER_STORAGE: null }])
  })

  it('answers with what the process wrote when it does not come up, and keeps the flags of before', async () => {
    const { ask, kept, service } = setup()
    const answer = await ask('PATCH', '/service', { env: { SCHEDULER_CONCURRENCY: 'bad' } })
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({ detail: 'SCHEDULER_CONCURRENCY must be a whole number' })
    expect(kept).toEqual([])
    expect(service.env()).not.toHaveProperty('SCHEDULER_CONCURRENCY')
  })

  it.each([
    [{ env: { PATH: '/tmp' } }, 'only ENVIRONMENT'],
    [{ env: { SCHEDULER_STORAGE_FILE: '/etc/passwd' } }, 'leave it'],
    [{ env: { ROLLOUT_STAGE: 3 } }, 'expected string'],
    [{ flags: {} }, 'env'],
    [null, 'expected object'],
  ])('refuses %j and says why', async (body, why) => {
    const { ask, revisions } = setup()
    const answer = await ask('PATCH', '/service', body)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain(why)
    expect(revisions.envs).toEqual([])
  })

  it('stops and starts the service with the flags that it had', async () => {
    const { ask, revisions } = setup({ chosen: { ROLLOUT_STAGE: '1' } })
    await ask('POST', '/service/start')
    expect(await (await ask('POST', '/service/stop')).json()).toMatchObject({ revisions: [] })
    expect(await (await ask('POST', '/service/start')).json()).toMatchObject({
      revisions: [{ serves: true }],
    })
    expect(revisions.envs.map((env) => env.ROLLOUT_STAGE)).toEqual(['1', '1'])
  })
})

/** A control surface that listens, and a folder. */
async function served(): Promise<{
  at: string
  control: Served
  revisions: ReturnType<typeof paperRevisions>
}> {
  const { app, revisions } = setup()
  const control = await serveHere(app, 0)
  ends.push(() => control.close())
  return { at: await folder(), control, revisions }
}

describe('the stack of a folder', () => {
  it('is found by what it wrote down, and no more when it has ended, whoever has its port now', async () => {
    const { at, control } = await served()
    expect(await findStack(at)).toBeNull()
    await announce(at, { id: 'this-one', control: control.url })
    expect(await findStack(at)).toMatchObject({ control: control.url, state: { url: 'http://localhost:1' } })
    await announce(at, { id: 'one before', control: control.url })
    expect(await findStack(at)).toBeNull()
    await announce(at, { id: 'this-one', control: 'http://127.0.0.1:1' })
    expect(await findStack(at)).toBeNull()
    await withdraw(at)
    await expect(localPlatform(at, realClock, () => undefined)).rejects.toThrow('Run npm start first')
  })

  it('is a platform: it deploys, tells its flags and prints the command for it', async () => {
    const { at, control, revisions } = await served()
    await announce(at, { id: 'this-one', control: control.url })
    const platform = await localPlatform(at, realClock, () => undefined)
    expect(await platform.deploy({ ROLLOUT_STAGE: '3' })).toBe('r1')
    expect(revisions.envs[0]).toMatchObject({ ROLLOUT_STAGE: '3' })
    expect(await platform.flags()).toEqual({ A: 'b' })
    await expect(platform.deploy({ SCHEDULER_CONCURRENCY: 'bad' })).rejects.toThrow('must be a whole number')
    await platform.stop()
    expect(await platform.revisions()).toEqual([])
    expect(platform.commandsFor({ ROLLOUT_IGNORE: "it's", ROLLOUT_STAGE: null })).toEqual([
      `curl -X PATCH ${control.url}/service -H 'Content-Type: application/json' -d '{"env":{"ROLLOUT_IGNORE":"it'\\''s","ROLLOUT_STAGE":null}}'`,
    ])
  })

  it('keeps the flags that deploys chose until it is told to forget', async () => {
    const at = await folder()
    const { flags } = filesIn(at)
    expect(readChosen(flags)).toEqual({})
    writeChosen(flags, { ROLLOUT_STAGE: '3', ROLLOUT_IGNORE: null })
    expect(readChosen(flags)).toEqual({ ROLLOUT_STAGE: '3', ROLLOUT_IGNORE: null })
    await forget(at, realClock)
    expect(readChosen(flags)).toEqual({})
    await writeFile(flags, '[1]')
    expect(() => readChosen(flags)).toThrow(/cannot be read as flags/)
    expect(await readFile(flags, 'utf8')).toBe('[1]')
  })

  it('sets back to its own what a deploy unsets', () => {
    const shell = { ROLLOUT_STAGE: '1', HOME: '/' }
    const parts = { shell, own: { SCHEDULER_LEASE_SECONDS: '60' } }
    const chosen = { ROLLOUT_STAGE: null, SCHEDULER_LEASE_SECONDS: null }
    expect(withChosen({ ...parts, chosen })).toEqual({ HOME: '/', SCHEDULER_LEASE_SECONDS: '60' })
  })
})
