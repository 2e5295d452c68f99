import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type OutputChunk, rolldown } from 'rolldown'
import { z } from 'zod'
import { cutLock } from './lock.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Where `npm run build` and `npm run deploy` put the upload. */
export const UPLOAD = join(ROOT, 'build', 'upload')

/**
 * Packages that are installed beside the bundle: Google's clients, and what these load too, which would be loaded twice; pino, undici
 * and write-file-atomic know or look for files of their own.
 */
const INSTALLED = [
  '@google-cloud/firestore',
  '@google-cloud/functions-framework',
  'google-auth-library',
  'pino',
  'undici',
  'write-file-atomic',
] as const

/** What is served of the page's folder; the rest is for those who edit it. */
const SERVED = ['.html', '.css', '.js', '.svg']

/** Before the bundle, so that a stack trace names the files and lines of `functions/`. */
const ENTRY = `process.setSourceMapsEnabled(true)\nawait import(${JSON.stringify('./scheduler.js')})\n`

const project = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  dependencies: z.record(z.string(), z.string()),
})

/** Makes `folder` what gcloud uploads: the bundled function, the page, and a manifest with its lock. What was there is gone. */
export async function buildUpload(folder: string = UPLOAD): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await Promise.all([bundle(folder), copyPage(folder), writeManifest(folder)])
  await writeFile(join(folder, 'index.js'), ENTRY)
}

async function bundle(dir: string): Promise<void> {
  const build = await rolldown({
    cwd: ROOT,
    input: { scheduler: join(ROOT, 'functions', 'index.ts') },
    platform: 'node',
    external: isInstalled,
  })
  const { output } = await build.generate({
    format: 'esm',
    sourcemap: 'hidden',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: [{ name: PACKAGES, test: /node_modules/ }] },
  })
  await build.close()
  await Promise.all(output.filter((one) => one.type === 'chunk').map((chunk) => writeChunk(dir, chunk)))
}

/** The packages' own code, apart from ours. */
const PACKAGES = 'packages'

/** Node reads a map as it loads the module: so there are maps of our own code alone, without the text that they lead to. */
async function writeChunk(dir: string, { name, fileName, code, map }: OutputChunk): Promise<void> {
  if (name === PACKAGES || map === null) return writeFile(join(dir, fileName), code)
  const { sourcesContent: _, ...rest } = map
  await writeFile(join(dir, `${fileName}.map`), JSON.stringify(rest))
  await writeFile(join(dir, fileName), `${code}\n//# sourceMappingURL=${fileName}.map\n`)
}

function isInstalled(id: string): boolean {
  return id.startsWith('node:') || INSTALLED.some((name) => id === name || id.startsWith(`${name}/`))
}

/** Beside the bundle: that is where `functions/admin/page.ts` looks for it then. */
async function copyPage(folder: string): Promise<void> {
  const from = join(ROOT, 'functions', 'admin', 'page')
  const isServed = (path: string) => path === from || SERVED.includes(extname(path))
  await cp(from, join(folder, 'page'), { recursive: true, filter: isServed })
}

/** The build in the cloud installs exactly this, and runs no script of ours. */
async function writeManifest(folder: string): Promise<void> {
  const { dependencies: all, ...own } = project.parse(JSON.parse(await readRoot('package.json')))
  const dependencies = Object.fromEntries(INSTALLED.map((name) => [name, all[name] ?? missing(name)]))
  const manifest = {
    ...own,
    private: true,
    type: 'module',
    main: 'index.js',
    engines: { node: '24.x' },
    dependencies,
  }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await writeFile(join(folder, 'package-lock.json'), cutLock(await readRoot('package-lock.json'), manifest))
}

function readRoot(name: string): Promise<string> {
  return readFile(join(ROOT, name), 'utf8')
}

function missing(name: string): never {
  throw new Error(`package.json has no dependency ${name}, which the bundle leaves to be installed.`)
}
