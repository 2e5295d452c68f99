import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cutLock } from '../../../scripts/build/lock.ts'
import { buildUpload } from '../../../scripts/build/upload.ts'
import { rootOfGcloud } from '../../../scripts/dev/firestore-emulator.ts'

const GCLOUD = 'gcloud'
const ROOT = resolve(import.meta.dirname, '../../..')
const page = readdirSync(join(ROOT, 'functions/admin/page')).filter((name) =>
  /\.(html|css|js|svg)$/.test(name),
)

describe('the upload', () => {
  let folder: string
  beforeAll(async () => {
    // Inside the tree, where packages are found; build/ is in no commit.
    mkdirSync(join(ROOT, 'build'), { recursive: true })
    folder = mkdtempSync(join(ROOT, 'build', 'upload-'))
    await buildUpload(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile())
      .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))

  test('is the bundle with its maps, the whole page, a manifest and its lock, and nothing else', () => {
    const others = files().filter((name) => !/^[a-z-]+(-[\w-]{8})?\.js(\.map)?$/.test(name))
    expect(others.toSorted()).toEqual(
      ['package-lock.json', 'package.json', ...page.map((name) => `page/${name}`)].toSorted(),
    )
    expect(files()).toEqual(expect.arrayContaining(['index.js', 'scheduler.js', 'scheduler.js.map']))
  })

  test('is exactly what gcloud would send', { skip: rootOfGcloud() === null }, () => {
    expect(listed(folder)).toEqual(files().toSorted())
  })

  test('installs the tested versions of what is not bundled, and no development package', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const whole = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages
    expect(manifest).not.toHaveProperty('scripts')
    expect(manifest).not.toHaveProperty('devDependencies')
    for (const [path, one] of Object.entries(lock).slice(1)) expect([path, one]).toEqual([path, whole[path]])
    expect(Object.values(lock).filter((one) => (one as { dev?: boolean }).dev === true)).toEqual([])
    expect(Object.keys(lock)).toContain('node_modules/google-gax')
  })

  test('has a lock that npm finds whole and in keeping with the manifest', () => {
    const said = execFileSync('npm', ['ls', '--package-lock-only', '--all', '--json'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(JSON.parse(said).problems).toBeUndefined()
  })

  test('imports no package that the cloud would not have', () => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const installed = Object.keys(manifest.dependencies)
    const code = files()
      .filter((name) => /^[^/]+\.js$/.test(name))
      .map((name) => readFileSync(join(folder, name), 'utf8'))
    const wanted = code.flatMap((text) =>
      [
        ...text.matchAll(/^(?:import|export)\b[^'"\n]*?from "([^"./][^"]*)"|\bimport\("([^"./][^"]*)"\)/gm),
      ].map(([, from, loaded]) => from ?? loaded ?? ''),
    )
    expect(wanted.length).toBeGreaterThan(10)
    const strange = wanted.filter(
      (name) =>
        !name.startsWith('node:') && !installed.some((one) => name === one || name.startsWith(`${one}/`)),
    )
    expect(strange).toEqual([])
  })

  test('bundles no package that asks where its own file is', () => {
    const asking = files().filter(
      (name) =>
        /^[^/]+\.js$/.test(name) && /\b__(file|dir)name\b/.test(readFileSync(join(folder, name), 'utf8')),
    )
    expect(asking).toEqual([])
  })

  test('shows in a stack trace the file and line of functions/', () => {
    const map = JSON.parse(readFileSync(join(folder, 'scheduler.js.map'), 'utf8'))
    expect(map.sources).toEqual(expect.arrayContaining([expect.stringMatching(/functions\/wiring\.ts$/)]))
    // It ends as it starts, with a flag that there is none of, and tells where.
    const env = { PATH: process.env.PATH, SCHEDULER_NONSENSE: 'x' }
    const said = spawnSync(process.execPath, ['index.js'], { cwd: folder, env, encoding: 'utf8' }).stdout
    expect(said).toMatch(/functions\/[\w/]+\.ts:\d+/)
  })
})

describe('a source deployment from the root', { skip: rootOfGcloud() === null }, () => {
  test('would send the function, its page and the manifest, and no test, document, state or secret', () => {
    const names = listed(ROOT)
    expect(names).toEqual(expect.arrayContaining(['functions/index.ts', 'package.json', 'package-lock.json']))
    for (const name of page) expect(names).toContain(`functions/admin/page/${name}`)
    const others = names.filter((name) => !name.startsWith('functions/'))
    expect(others.toSorted()).toEqual(['package-lock.json', 'package.json'])
    expect(names.filter((name) => !/\.(ts|js|html|css|svg|json)$/.test(name))).toEqual([])
  })
})

describe('a cut lock', () => {
  const packages = {
    '': { name: 'whole' },
    'node_modules/a': { version: '1.0.0', dependencies: { b: '*' }, optionalDependencies: { absent: '*' } },
    'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { a: '*', c: '*' } },
    'node_modules/b': { version: '1.0.0' },
    'node_modules/c': {
      version: '1.0.0',
      peerDependencies: { b: '*', gone: '*' },
      peerDependenciesMeta: { gone: { optional: true } },
    },
    'node_modules/dev': { version: '1.0.0', dev: true },
  }
  const whole = JSON.stringify({ name: 'whole', lockfileVersion: 3, packages })
  const cut = (dependencies: Record<string, string>) =>
    Object.keys(JSON.parse(cutLock(whole, { name: 'part', version: '0.0.1', dependencies })).packages)

  test('keeps what is needed, from where Node finds it, round in a circle too', () => {
    expect(cut({ a: '1.0.0' })).toEqual([
      '',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/b',
      'node_modules/c',
    ])
    expect(cut({ b: '1.0.0' })).toEqual(['', 'node_modules/b'])
  })

  test('of a package that it does not have is refused by name', () => {
    expect(() => cut({ unheard: '1.0.0' })).toThrow('package-lock.json does not have unheard')
  })
})

/** What gcloud would send of a folder. */
function listed(folder: string): string[] {
  if (!existsSync(folder)) throw new Error(`There is no ${folder}.`)
  const said = execFileSync(GCLOUD, ['meta', 'list-files-for-upload', folder], { encoding: 'utf8' })
  return said.trim().split('\n').toSorted()
}
