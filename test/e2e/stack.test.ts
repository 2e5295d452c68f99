import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openJsonDocuments } from '../../functions/store/json.ts'
import { freePort, isFree } from '../../scripts/dev/stack/ports.ts'
import { filesIn, YOU } from '../../scripts/dev/stack/settings.ts'
import { realClock } from '../support/real-clock.ts'
import { untilAsync } from '../support/until-async.ts'
import { inShell, type LocalStack, npmStart } from './local-stack.ts'

let folder: string
let port: number
const started: LocalStack[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickover-stack-'))
  port = await freePort()
})
afterAll(() => rm(folder, { recursive: true }))

function start(...args: readonly string[]): LocalStack {
  const stack = npmStart(folder, port, ...args)
  started.push(stack)
  return stack
}

/** Is the port free, and the state in nobody's hands? */
async function hasEnded(): Promise<boolean> {
  return (await isFree(port)) && !existsSync(`${filesIn(join(folder, '.tickover')).state}.lock`)
}

/** Ends it as Ctrl-C does; resolves to the exit code and how long that took, in ms. */
async function stop(stack: LocalStack): Promise<{ code: number | null; took: number }> {
  const began = performance.now()
  stack.signal('SIGINT')
  return { code: await stack.ended, took: performance.now() - began }
}

/** Calls the API as the one to whom the printed commands belong. */
async function api(stack: LocalStack, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const url = stack.address('scheduler function')
  const query = `email=${YOU}&audience=${url}`
  const token = await (await fetch(`${stack.address('token issuer')}/token?${query}`)).text()
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const answer = await fetch(url + path, {
    headers,
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  })
  return (await answer.json()) as Record<string, unknown>
}

async function counts(stack: LocalStack): Promise<Record<string, number>> {
  const answer = await fetch(stack.address('what its jobs did'))
  return ((await answer.json()) as { counts: Record<string, number> }).counts
}

/** What the stopped stack left in its state file. */
async function entriesLeft(): Promise<unknown[]> {
  const documents = await openJsonDocuments(filesIn(join(folder, '.tickover')).state, realClock, {
    emit: () => undefined,
  })
  const kinds = await Promise.all(
    ['recurring', 'one_off'].map((equals) => documents.query({ shape: 'jobs', equals, limit: 1000 })),
  )
  await documents.close()
  return kinds.flatMap(({ value }) => value.flatMap(({ fields }) => fields.entries as unknown[]))
}

/** A short logging of arrivals, now. */
function logArrivals(stack: LocalStack): Promise<Record<string, unknown>> {
  const schedule_at = new Date(realClock.now()).toISOString()
  return api(stack, '/api/jobs', { job_type: 'arrival-logging', schedule_at, payload: { minutes: 1 } })
}

afterEach(async () => {
  for (const stack of started.splice(0)) {
    stack.signal('SIGKILL')
    await stack.ended
  }
  await untilAsync(hasEnded, 'the function has ended too')
})

describe('npm start', () => {
  it('does real work within 5 seconds, shows it, and prints commands that work', async () => {
    const began = performance.now()
    const stack = start()
    await stack.printed(/one-off .* succeeded/, 'a job has run')
    expect(performance.now() - began).toBeLessThan(5000)
    expect(await counts(stack)).toMatchObject({ posts: 1 })
    expect(stack.output()).toMatch(/^\d\d:\d\d:\d\d {2}high {3}tick +begins$/m)

    const [send = '', list = ''] = stack.curls()
    const made = await inShell(send)
    expect(made).toMatchObject({ job_type: 'post_content', status: 'pending' })
    const finished = async () => (await api(stack, `/api/jobs/${String(made.id)}`)).status === 'completed'
    await untilAsync(finished, 'the pasted job has run')
    expect(await counts(stack)).toMatchObject({ posts: 2 })

    await stack.printed(
      /^\S+ {2}high {3}route-broadcast +succeeded +in .*, late by \d+ ms$/m,
      'a run is shown',
    )
    const { jobs } = (await inShell(list)) as { jobs: { name: string }[] }
    expect(jobs.map(({ name }) => name)).toContain(made.id)
    expect(stack.output()).not.toMatch(/^\{|trouble|Refused|undefined|null/m)
    expect((await stop(stack)).code).toBe(0)
  })

  it('at Ctrl-C gives back what runs, and leaves no lease; the next start goes on with it', async () => {
    const first = start()
    await first.printed(/tick +begins/, 'it ticks')
    const { id } = await logArrivals(first)
    await first.printed(/Watching the stops/, 'arrivals are logged')
    const { code, took } = await stop(first)
    expect(code).toBe(0)
    expect(took).toBeLessThan(10_000)
    expect(first.output()).toMatch(/cancelled .*The process stops/)
    expect(await entriesLeft()).not.toContainEqual(expect.objectContaining({ state: 'running' }))

    const second = start()
    await second.printed(/Watching the stops/, 'the logging goes on')
    expect(await api(second, `/api/jobs/${String(id)}`)).toMatchObject({ status: 'running' })
    expect((await stop(second)).code).toBe(0)
  })

  it('keeps its state when it is killed, and its function ends with it', async () => {
    const first = start()
    await first.printed(/one-off .* succeeded/, 'a job has run')
    const { jobs } = (await api(first, '/api/jobs?kind=one_off')) as { jobs: { id: string }[] }
    first.signal('SIGKILL')
    await untilAsync(hasEnded, 'the function has ended too')
    const second = start()
    await second.printed(/tick +begins/, 'it ticks again')
    for (const { id } of jobs) expect(await api(second, `/api/jobs/${id}`)).toMatchObject({ id })
    expect((await stop(second)).code).toBe(0)

    const fresh = start('--fresh')
    await fresh.printed(/tick +begins/, 'it ticks')
    expect(await api(fresh, `/api/jobs/${jobs[0]?.id}`)).toMatchObject({ code: 'not_found' })
    expect((await stop(fresh)).code).toBe(0)
  })

  it('says what to do when the port, or the state, is in use', async () => {
    const stack = start()
    await stack.printed(/tick +begins/, 'it ticks')
    const samePort = start()
    expect(await samePort.ended).toBe(1)
    expect(samePort.output()).toBe(`Port ${port} is in use. Choose another: PORT=${port + 10} npm start\n`)
    const sameFolder = npmStart(folder, await freePort())
    expect(await sameFolder.ended).toBe(1)
    expect(sameFolder.output()).toMatch(/is in use by another process/)
    const fresh = npmStart(folder, await freePort(), '--fresh')
    expect(await fresh.ended).toBe(1)
    expect(fresh.output()).toMatch(/is in use by another process/)
    expect((await stop(stack)).code).toBe(0)
  })

  it('refuses what it does not understand, all at once', async () => {
    const stack = npmStart(folder, 99_999, '--fersh', 'now')
    expect(await stack.ended).toBe(2)
    expect(stack.output()).toBe(
      'unknown option --fersh\nunexpected argument "now"\nPORT must be a whole number from 1 to 65535\nSee npm start -- --help.\n',
    )
    const help = start('--help')
    expect(await help.ended).toBe(0)
    expect(help.output()).toContain('Ctrl-C')
  })
})
