import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Event } from '../../functions/observe/events.ts'
import type { Change, Documents, Ref } from '../../functions/store/documents.ts'
import { openJsonDocuments } from '../../functions/store/json.ts'
import { realClock } from '../support/real-clock.ts'
import { until } from '../support/until.ts'

const WRITER = new URL('../support/json-writer.ts', import.meta.url).pathname

const run = (id: string): Ref => ({ collection: 'scheduler_runs', id })
const create = (id: string, fields = {}): Change => ({ kind: 'create', ref: run(id), fields })
/** The ids of those that are there, null in the place of those that are not. */
const ids = async (documents: Documents, wanted: readonly string[]) =>
  (await documents.get(wanted.map(run))).value.map((stored) => stored?.ref.id ?? null)

describe('the JSON store', () => {
  let folder: string
  let path: string
  let journal: string
  const opened: Documents[] = []
  const children: ChildProcessWithoutNullStreams[] = []
  const events: Event[] = []

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickover-'))
    path = join(folder, 'state.json')
    journal = `${path}.journal`
    events.length = 0
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const documents of opened.splice(0)) await documents.close()
    await rm(folder, { recursive: true })
  })

  async function open(now?: number): Promise<Documents> {
    const clock = now === undefined ? realClock : { ...realClock, now: () => now }
    const documents = await openJsonDocuments(path, clock, { emit: (event) => events.push(event) })
    opened.push(documents)
    return documents
  }
  function start(
    command: string,
    args: readonly string[],
  ): { child: ChildProcessWithoutNullStreams; lines: () => string[] } {
    const child = spawn(command, args)
    children.push(child)
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += chunk
    })
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    return { child, lines: () => said.split('\n').slice(0, -1) }
  }
  /** Both files, byte by byte. */
  const files = async () => ({
    state: await readFile(path, 'latin1'),
    journal: await readFile(journal, 'latin1').catch(() => null),
  })
  /** Leaves the files as if the process had been killed here. */
  async function crash(documents: Documents): Promise<void> {
    const left = await files()
    await documents.close()
    await writeFile(path, left.state, 'latin1')
    await writeFile(journal, left.journal ?? '', 'latin1')
  }
  /** A store whose process was killed: `a` in the file, `b` and `c` in the journal. */
  async function abandoned(): Promise<void> {
    const first = await open()
    await first.commit([create('a', { text: 'é' })])
    await first.close()
    const second = await open()
    await second.commit([create('b', { n: 1 })])
    await second.commit([create('c')])
    await crash(second)
  }

  it('opens again with everything that was committed, versions included', async () => {
    const first = await open()
    const committed = await first.commit([create('a', { until: 7 }), create('b'), create('c')])
    const [a = '', b = '', c = ''] = committed.outcome === 'done' ? committed.versions : []
    await first.commit([
      { kind: 'update', ref: run('a'), version: a, fields: { n: 2 } },
      { kind: 'delete', ref: run('c'), version: c },
    ])
    const before = (await first.get([run('a'), run('b'), run('c')])).value
    await first.close()
    const second = await open()
    expect((await second.get([run('a'), run('b'), run('c')])).value).toEqual(before)
    expect(before[1]?.version).toBe(b)
    const again = await second.commit([create('c')])
    expect(again.outcome === 'done' && again.versions[0]).not.toBe(c)
    expect(events).toEqual([])
  })

  it('is one readable file once it was closed', async () => {
    const documents = await open()
    await documents.commit([create('a', { until: 7 })])
    await documents.close()
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({
      tickover: 1,
      commit: 1,
      documents: [{ collection: 'scheduler_runs', id: 'a', version: '1', fields: { until: 7 } }],
    })
    expect(await readFile(journal, 'utf8')).toBe('')
    expect((await readdir(folder)).toSorted()).toEqual(['state.json', 'state.json.journal'])
  })

  it('reads the journal on top of the file, and passes over what a crash left in both', async () => {
    await abandoned()
    const left = await files()
    const documents = await open()
    expect(await ids(documents, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c'])
    await documents.close()
    await writeFile(journal, left.journal ?? '', 'latin1')
    const both = await open()
    expect(await ids(both, ['a', 'b', 'c'])).toEqual(['a', 'b', 'c'])
    expect((await both.commit([create('d')])).outcome).toBe('done')
  })

  it.each([1, 2, 10, 60])(
    'cuts off the commit that a crash tore %d bytes before its end, says so, and goes on',
    async (missing) => {
      await abandoned()
      const whole = await readFile(journal, 'latin1')
      await writeFile(journal, whole.slice(0, -missing), 'latin1')
      const documents = await open()
      expect(await ids(documents, ['a', 'b', 'c'])).toEqual(['a', 'b', null])
      expect(events).toEqual([
        { kind: 'store_trouble', action: 'open', reason: expect.stringContaining(journal) },
      ])
      await documents.commit([create('d')])
      await crash(documents)
      expect(await ids(await open(), ['a', 'b', 'c', 'd'])).toEqual(['a', 'b', null, 'd'])
    },
  )

  /** Opens what cannot be opened; the message of the refusal. */
  async function refusal(): Promise<string> {
    const before = await files()
    const error = await open().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'storage_damaged' })
    expect(await files()).toEqual(before)
    expect(await readdir(folder)).not.toContain('state.json.lock')
    return error instanceof Error ? error.message : ''
  }

  describe('refuses as storage_damaged, names the place and leaves alone', () => {
    it.each<[string, (text: string) => string, RegExp]>([
      ['a file cut short', (text) => text.slice(0, -4), /at character \d+ \(line 2\)/],
      ['an empty file', () => '', /at character 0 \(line 1\)/],
      [
        'a file with a wrong letter',
        (text) => text.replace('"fields"', '"fields'),
        /at character \d+ \(line 2\)/,
      ],
      ['a file that is not UTF-8', (text) => text.replace('\xc3', '\xff'), /not UTF-8/],
      ['a file of another kind', () => '{"tickover":2}', /at tickover/],
      ['a document without an id', (text) => text.replace('"id":"a",', ''), /documents\.0\.id/],
      ['a document that is there twice', (text) => text.replace(/(\{"coll.*\})\n/, '$1,$1\n'), /twice/],
      [
        'values that cannot be stored',
        (text) => text.replace('{"text"', '{"__text__":1,"text"'),
        /scheduler_runs\/a/,
      ],
    ])('%s', async (_, damage, place) => {
      await abandoned()
      await writeFile(path, damage(await readFile(path, 'latin1')), 'latin1')
      const message = await refusal()
      expect(message).toMatch(place)
      expect(message).toContain(path)
      expect(message).toMatch(/restore/i)
    })

    it.each<[string, (text: string) => string, RegExp]>([
      [
        'a changed byte in an acknowledged line',
        (text) => text.replace('"n":1', '"n":7'),
        /line 1 \(byte 0\)/,
      ],
      ['a changed byte in the last line', (text) => text.replace('"c"', '"x"'), /line 2 \(byte \d+\)/],
      ['a lost line', (text) => text.slice(text.indexOf('\n') + 1), /commit 3.*ends at commit 1/],
      ['a blank line', (text) => `\n${text}`, /line 1/],
    ])('a journal with %s', async (_, damage, place) => {
      await abandoned()
      await writeFile(journal, damage(await readFile(journal, 'latin1')), 'latin1')
      const message = await refusal()
      expect(message).toMatch(place)
      expect(message).toContain(journal)
    })

    it('a journal whose file is gone', async () => {
      await abandoned()
      await rm(path)
      await expect(open()).rejects.toMatchObject({ code: 'storage_damaged' })
      expect(await readdir(folder)).toEqual(['state.json.journal'])
    })
  })

  it('shares one write among the commits that arrive while the disk is busy, each on top of the last', async () => {
    const documents = await open()
    const first = documents.commit([create('a')])
    const rest = Promise.all(
      [1, 2, 3].flatMap(() => [documents.commit([create('b')]), documents.commit([create('b')])]),
    )
    expect((await first).outcome).toBe('done')
    expect((await rest).map(({ outcome }) => outcome)).toEqual(['done', ...Array(5).fill('conflict')])
  })

  it('shows no commit before the disk has it', async () => {
    const documents = await open()
    const progress = { isDone: false }
    const committing = documents.commit([create('a')]).then(() => {
      progress.isDone = true
    })
    while (!progress.isDone) {
      const [found] = await ids(documents, ['a'])
      if (found !== null) expect(await readFile(journal, 'utf8')).toContain('"id":"a"')
      await turn()
    }
    await committing
    expect(await ids(documents, ['a'])).toEqual(['a'])
  })

  it('moves a large journal into the file, and drops what has expired', async () => {
    const now = Date.UTC(2026, 0, 1)
    const documents = await open(now)
    await documents.commit([
      create('old', { expire_at: now - 1 }),
      create('kept', { expire_at: now }),
      create('null', { expire_at: null }),
    ])
    for (let n = 0; n < 6; n += 1)
      await documents.commit([create(`large-${n}`, { text: 'x'.repeat(1_000_000) })])
    await documents.commit([create('last')])
    await crash(documents)
    expect((await readFile(journal)).length).toBeLessThan(2_500_000)
    expect((await readFile(path)).length).toBeGreaterThan(4_000_000)
    expect(await ids(await open(now), ['old', 'kept', 'null', 'large-5', 'last'])).toEqual([
      null,
      'kept',
      'null',
      'large-5',
      'last',
    ])
  })

  it('answers unreachable once it is closed, and closes twice', async () => {
    const documents = await open()
    await documents.close()
    await documents.close()
    expect(await documents.commit([create('a')])).toMatchObject({ outcome: 'unreachable' })
    await expect(documents.get([run('a')])).rejects.toMatchObject({ code: 'store_unreachable' })
  })

  it('keeps no write that the disk refused, and goes on with the next', async () => {
    const { lines } = start('sh', [
      '-c',
      'ulimit -f 128; exec "$@"',
      'sh',
      process.execPath,
      WRITER,
      path,
      'fill',
      '1000',
      '300000',
      '1001',
    ])
    await until(() => lines().length >= 4, 'the writer has written')
    expect(lines()).toEqual(['open', 'done', 'unreachable', 'done'])
    await until(() => children[0]?.exitCode !== null, 'the writer has ended')
    expect(await ids(await open(), ['f1000', 'f300000', 'f1001'])).toEqual(['f1000', null, 'f1001'])
  })

  describe('with another process', () => {
    it('refuses the second as storage_locked and disturbs the first in nothing', async () => {
      const documents = await open()
      const second = start(process.execPath, [WRITER, path])
      const [code] = await once(second.child, 'exit')
      expect(code).not.toBe(0)
      expect(second.lines().join('\n')).toMatch(/storage_locked/)
      expect(second.lines().join('\n')).toContain(path)
      expect((await documents.commit([create('a')])).outcome).toBe('done')
      await documents.close()
      expect(await ids(await open(), ['a'])).toEqual(['a'])
    })

    it('has every acknowledged commit of one that was killed, and takes its lock over within seconds', async () => {
      const writer = start(process.execPath, [WRITER, path])
      await until(() => writer.lines().length > 200, 'the writer writes')
      writer.child.kill('SIGKILL')
      await once(writer.child, 'close')
      const acknowledged = writer.lines().slice(1)
      const began = performance.now()
      const documents = await open()
      expect(performance.now() - began).toBeLessThan(8_000)
      expect(events[0]).toMatchObject({
        kind: 'store_trouble',
        action: 'lock',
        reason: expect.stringContaining('state.json.lock'),
      })
      for (let n = 0; n < acknowledged.length; n += 1_000) {
        const wanted = acknowledged.slice(n, n + 1_000)
        expect(await ids(documents, wanted)).toEqual(wanted)
      }
    })

    it('stops, and says so, when another took its lock', async () => {
      const documents = await open()
      await documents.commit([create('a')])
      const before = await files()
      await rm(`${path}.lock`, { recursive: true })
      await mkdir(`${path}.lock`)
      await until(() => events.length > 0, 'the loss was noticed')
      expect(events).toEqual([
        { kind: 'store_trouble', action: 'lock', reason: expect.stringContaining('Restart') },
      ])
      expect(await documents.commit([create('b')])).toMatchObject({ outcome: 'unreachable' })
      await expect(documents.get([run('a')])).rejects.toMatchObject({ code: 'store_unreachable' })
      await documents.close()
      expect(await files()).toEqual(before)
      expect(await readdir(folder)).toContain('state.json.lock')
    })
  })
})
