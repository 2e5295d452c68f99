import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type GcloudTree, gcloudTree, problemsOf } from '../support/gcloud-tree.ts'
import { filesOf, ROOT, type Told, textOf, toldInMarkdown, toldInSource } from '../support/told.ts'

const run = promisify(execFile)

const tree = gcloudTree()
if (tree === null)
  process.stderr.write('\nTests of the documented gcloud commands are SKIPPED: there is no gcloud here.\n')

const documented = filesOf('*.md', 'docs/**/*.md', 'infra/**/*.md').flatMap((file) =>
  toldInMarkdown(file, textOf(file)),
)
const of = (program: string) => documented.filter(({ words }) => words[0] === program)

/** Which program a script of package.json runs. */
const scripts = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(textOf('package.json'))).scripts

describe('the commands that the project tells', () => {
  it.skipIf(tree === null)('are known to gcloud, with every flag, wherever they are told', () => {
    const root = tree ?? { commands: {}, flags: {} }
    const inSources = filesOf('scripts/**/*.ts', 'functions/**/*.ts', 'infra/**/*.tf').flatMap((file) =>
      toldInSource(file, textOf(file), (word) => word in root.commands),
    )
    const all = [...of('gcloud'), ...inSources]
    expect(all.flatMap((one) => wrongIn(root, one))).toEqual([])
    expect(of('gcloud').length).toBeGreaterThan(50)
    expect(inSources.length).toBeGreaterThan(3)
  })

  it.skipIf(tree === null)('would be found out: the guides’ own commands do not exist', () => {
    const root = tree ?? { commands: {}, flags: {} }
    const [wrong] = toldInMarkdown('a.md', '`gcloud run logs read x --region r`')
    expect(wrong && wrongIn(root, wrong)).toEqual(['a.md:1 gcloud run has no command logs'])
  })

  it('name scripts that package.json has', () => {
    const named = of('npm').map((told) => ({ told, script: scriptOf(told) }))
    const missing = named.filter(({ script }) => script !== null && !(script in scripts))
    expect(missing.map(({ told, script }) => `${told.file}:${told.line} npm run ${script}`)).toEqual([])
    expect(named.length).toBeGreaterThan(50)
  })

  it('give our scripts no flag that their help does not tell', async () => {
    const given = of('npm').flatMap((told) => {
      const script = scriptOf(told)
      if (script === null || !(script in scripts)) return []
      return flagsOf(told).map((flag) => ({ script, flag, at: `${told.file}:${told.line}` }))
    })
    const names = [...new Set(given.map(({ script }) => script))]
    const helps = new Map(await Promise.all(names.map(async (name) => [name, await helpOf(name)] as const)))
    const unknown = given.filter(({ script, flag }) => !(helps.get(script)?.has(flag) ?? false))
    expect(unknown.map(({ script, flag, at }) => `${at} npm run ${script} -- ${flag}`)).toEqual([])
    expect(names.length).toBeGreaterThan(3)
  })

  it('are known to terraform, with every flag', async (context) => {
    const told = of('terraform').map((one) => ({ ...one, ...partsOf(one.words.slice(1)) }))
    const names = [...new Set(told.map(({ command }) => command))]
    const answers = await Promise.all(names.map((name) => terraformHelp(name))).catch(() => null)
    if (answers === null) {
      process.stderr.write(
        '\nTests of the documented terraform commands are SKIPPED: there is no terraform here.\n',
      )
      return context.skip()
    }
    const helps = new Map(names.map((name, index) => [name, answers[index] ?? null]))
    const wrong = told.filter(({ command, flags }) => {
      const help = helps.get(command) ?? null
      return help === null || flags.some((flag) => !help.includes(flag))
    })
    expect(wrong.map(({ file, line, words }) => `${file}:${line} ${words.join(' ')}`)).toEqual([])
    expect(told.length).toBeGreaterThan(5)
  })
})

function wrongIn(root: GcloudTree, { file, line, words }: Told): string[] {
  return problemsOf(root, words.slice(1)).map((problem) => `${file}:${line} ${problem}`)
}

/** The script of package.json that an npm command runs; null: it runs none. */
function scriptOf({ words: [, verb, name] }: Told): string | null {
  if (verb === 'run') return name ?? null
  return verb === 'start' || verb === 'test' ? verb : null
}

/** The flags after the `--` with which npm hands on what belongs to the script. */
function flagsOf({ words }: Told): string[] {
  const at = words.indexOf('--')
  return at < 0 ? [] : words.slice(at + 1).flatMap((word) => /^--[a-z][\w-]*/.exec(word) ?? [])
}

/** The flags that a script's own help tells. */
async function helpOf(script: string): Promise<ReadonlySet<string>> {
  const [program, file = ''] = scripts[script]?.split(' ') ?? []
  if (program !== 'node') return new Set()
  const { stdout } = await run(process.execPath, [file, '--help'], { cwd: ROOT })
  return new Set(stdout.match(/--[a-z][\w-]*/g))
}

/** Options of terraform itself stand before its command, those of the command after it. */
function partsOf(words: readonly string[]): { command: string; flags: string[] } {
  const at = words.findIndex((word) => !word.startsWith('-'))
  const flags = words.slice(at + 1).flatMap((word) => /^-[a-z][\w-]*/.exec(word) ?? [])
  return { command: words[at] ?? '', flags }
}

/** These take the flags of a plan as well, and their help only says so. */
const PLANS = ['apply', 'destroy']

/** What terraform says of a command; null for one that it does not know. Rejects where there is no terraform. */
async function terraformHelp(command: string): Promise<string | null> {
  await run('terraform', ['-version'])
  const asked = PLANS.includes(command) ? [command, 'plan'] : [command]
  const told = asked.map((one) => run('terraform', [one, '-help']))
  return Promise.all(told).then(
    (answers) => answers.map(({ stdout }) => stdout).join(''),
    () => null,
  )
}
