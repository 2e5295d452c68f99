import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** A source file: its path from the root, its text without comments, and what it imports: packages, or paths from the root. */
interface Module {
  readonly path: string
  readonly code: string
  readonly imports: readonly string[]
}

interface Rule {
  readonly law: string
  readonly applies: (path: string) => boolean
  readonly violations: (module: Module, all: readonly Module[]) => readonly string[]
}

const PURE =
  /^functions\/(schedule|job|rollout\/gate|shadow\/compare)\/|^functions\/(errors|json)\.ts$|^functions\/(rollout\/(stage|gate|binomial|evidence|criteria|alerts)|observe\/promql|shadow\/(compare|rules|follow))\.ts$/
const LANGUAGES = ['functions/store/documents.ts', 'functions/observe/metrics.ts']
const PURE_PACKAGES = /^(zod|croner|temporal-polyfill|leven|lru-cache|node:util|node:crypto)$/
/** The port's types are the language in which documents are spoken of, the table of metrics that of alerts. */
const PURE_MAY_IMPORT = (name: string) =>
  PURE.test(name) || PURE_PACKAGES.test(name) || LANGUAGES.includes(name)
const FIRESTORE = ['functions/store/firestore.ts', 'functions/store/codec.ts', 'functions/clients.ts']
const inFunctions = (path: string) => path.startsWith('functions/')
const notIndex = (path: string) => inFunctions(path) && path !== 'functions/index.ts'

const RULES: readonly Rule[] = [
  {
    law: 'pure modules import pure modules only',
    applies: (path) => PURE.test(path),
    violations: ({ imports }) => imports.filter((name) => !PURE_MAY_IMPORT(name)),
  },
  {
    law: 'only schedule/cron.ts knows the cron library',
    applies: (path) => inFunctions(path) && path !== 'functions/schedule/cron.ts',
    violations: importing(/^croner$/),
  },
  {
    law: 'only firestore.ts, codec.ts and the making of the client know Firestore',
    applies: (path) => inFunctions(path) && !FIRESTORE.includes(path),
    violations: importing(/^@google-cloud\/firestore/),
  },
  {
    law: 'only index.ts and config.ts read the environment',
    applies: (path) => notIndex(path) && path !== 'functions/config.ts',
    violations: using(
      /\bprocess\s*\.\s*env\b|\bprocess\s*\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/g,
      /^(node:)?process$/,
    ),
  },
  {
    law: 'time, ids and randomness are parameters outside index.ts',
    applies: notIndex,
    violations: using(
      /\bDate\.now\b|\bnew Date\(\s*\)|\bDate\(\s*\)|\bMath\.random\b|\brandomUUID\b|\bgetRandomValues\b|\brandomBytes\b|\bperformance\.now\b|\bprocess\.(hrtime|uptime)\b|\bset(Timeout|Interval|Immediate)\s*\(|\bAbortSignal\.timeout\b|\bTemporal\.Now\b/g,
      /^(node:)?timers/,
    ),
  },
  {
    law: 'functions import neither scripts nor tests',
    applies: inFunctions,
    violations: importing(/^(scripts|test)\//),
  },
  {
    law: 'what runs in production imports no development package',
    applies: inFunctions,
    violations: ({ imports }) =>
      imports.filter((name) =>
        DEVELOPMENT.includes(
          name
            .split('/')
            .slice(0, name.startsWith('@') ? 2 : 1)
            .join('/'),
        ),
      ),
  },
  {
    law: 'imports name the file',
    applies: (path) => path !== 'test/architecture.test.ts',
    violations: ({ path, imports }, all) =>
      imports.filter(
        (name) =>
          /^(functions|scripts|test)\//.test(name) &&
          !name.endsWith('.json') &&
          !all.some((module) => module.path === name) &&
          path !== name,
      ),
  },
]

const DEVELOPMENT = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).devDependencies)

function importing(pattern: RegExp): Rule['violations'] {
  return ({ imports }) => imports.filter((name) => pattern.test(name))
}

function using(code: RegExp, module: RegExp): Rule['violations'] {
  return (one) => [...(one.code.match(code) ?? []), ...importing(module)(one, [])]
}

/** Reads one file's text. Imports are static, re-exported, for a side effect, or `import()`; comments are left out. */
function read(path: string, text: string): Module {
  const code = text.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g, '')
  const names = [...code.matchAll(/\b(?:from|import)\s*\(?\s*(['"])([^'"\n]+)\1/g)].map(
    ([, , name = '']) => name,
  )
  return {
    path,
    code,
    imports: names.map((name) => (name.startsWith('.') ? join(dirname(path), name) : name)),
  }
}

function violations(modules: readonly Module[]): string[] {
  return RULES.flatMap(({ law, applies, violations }) =>
    modules
      .filter(({ path }) => applies(path))
      .flatMap((module) =>
        violations(module, modules).map((what) => `${module.path}: ${what.trim()} (${law})`),
      ),
  )
}

const modules = globSync('{functions,scripts,test}/**/*.ts', { cwd: ROOT }).map((path) =>
  read(relative('.', path), readFileSync(join(ROOT, path), 'utf8')),
)

describe('the architecture', () => {
  it('is kept by every module', () => {
    expect(violations(modules)).toEqual([])
  })

  it('is judged over the modules there are, with their imports', () => {
    const inside = modules.filter(({ path }) => inFunctions(path))
    expect(inside.length).toBeGreaterThan(60)
    expect(inside.flatMap(({ imports }) => imports).length).toBeGreaterThan(200)
    expect(inside.filter(({ path }) => PURE.test(path)).length).toBeGreaterThan(15)
    for (const known of ['functions/index.ts', 'functions/wiring.ts', ...FIRESTORE]) {
      expect(modules.map(({ path }) => path)).toContain(known)
    }
    expect(modules.find(({ path }) => path === 'functions/wiring.ts')?.imports).toEqual(
      expect.arrayContaining(['functions/store/json.ts', 'functions/service.ts', 'node:perf_hooks']),
    )
  })

  it.each([
    ['functions/job/x.ts', "import { readFile } from 'node:fs/promises'", 'pure modules'],
    ['functions/job/x.ts', "import { lazyDocuments } from '../store/lazy.ts'", 'pure modules'],
    ['functions/schedule/x.ts', "import { Cron } from 'croner'", 'cron library'],
    ['functions/tick/x.ts', "import { type Firestore } from '@google-cloud/firestore'", 'Firestore'],
    ['functions/tick/x.ts', "const f = await import('@google-cloud/firestore')", 'Firestore'],
    ['functions/tick/x.ts', "export { Timestamp } from '@google-cloud/firestore'", 'Firestore'],
    ['functions/http/x.ts', 'const port = process.env.PORT', 'environment'],
    ['functions/http/x.ts', "import { env } from 'node:process'", 'environment'],
    ['functions/http/x.ts', 'const { env } = process', 'environment'],
    ['functions/tick/x.ts', 'const now = Date.now()', 'parameters'],
    ['functions/tick/x.ts', 'const now = new Date()', 'parameters'],
    ['functions/tick/x.ts', 'setTimeout(go, 5)', 'parameters'],
    ['functions/tick/x.ts', "import { setTimeout as wait } from 'node:timers/promises'", 'parameters'],
    ['functions/tick/x.ts', 'const id = crypto.randomUUID()', 'parameters'],
    ['functions/tick/x.ts', 'const luck = Math.random()', 'parameters'],
    ['functions/tick/x.ts', "import { systemClock } from '../../scripts/system-clock.ts'", 'neither scripts'],
    ['functions/tick/x.ts', "import { SignJWT } from 'jose'", 'development package'],
    ['functions/tick/x.ts', "import { tick } from './tock.ts'", 'imports name the file'],
  ])('catches in %s: %s', (path, text, law) => {
    const planted = read(path, text)
    expect(
      violations([...modules, planted])
        .filter((line) => line.startsWith(path))
        .join(),
    ).toContain(law)
  })

  it('reads no comment as code', () => {
    expect(
      violations([
        read('functions/x.ts', '/** Never Date.now(). */\nconst url = "http://x" // setTimeout(go)\n'),
      ]),
    ).toEqual([])
  })
})
