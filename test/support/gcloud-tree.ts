import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootOfGcloud } from '../../scripts/dev/firestore-emulator.ts'

/** A group of gcloud's commands, or a command. A flag's kind: `bool` takes nothing, a list one of these, else any value. */
export interface GcloudTree {
  readonly commands: Readonly<Record<string, GcloudTree>>
  readonly flags: Readonly<Record<string, string | readonly unknown[]>>
}

/** The tree from which the installed gcloud completes its command lines; null where there is none. It is JSON behind an assignment. */
export function gcloudTree(): GcloudTree | null {
  const root = rootOfGcloud()
  const file = root === null ? null : join(root, 'data', 'cli', 'gcloud_completions.py')
  if (file === null || !existsSync(file)) return null
  const text = readFileSync(file, 'utf8')
  return JSON.parse(text.slice(text.indexOf('{'))) as GcloudTree
}

/** What gcloud would not understand of these arguments (those after `gcloud`), one sentence each. */
export function problemsOf(root: GcloudTree, args: readonly string[]): string[] {
  const problems: string[] = []
  let at: Place = { name: 'gcloud', node: root, flags: root.flags }
  const words = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length).values()
  for (const word of words) {
    if (!word.startsWith('-')) {
      const next = stepped(at, word)
      if (typeof next === 'string') return [...problems, next]
      at = next
    } else if (!takesNext(at, word)) problems.push(...flagProblems(at, word))
    else if (words.next().done === true) problems.push(`${at.name}: ${word} needs a value`)
  }
  return isGroup(at) ? [...problems, `${at.name} is a group of commands`] : problems
}

/** How far a line has come: a command's flags are those of the groups above it, too. */
interface Place {
  readonly name: string
  readonly node: GcloudTree
  readonly flags: GcloudTree['flags']
}

function isGroup({ node }: Place): boolean {
  return Object.keys(node.commands).length > 0
}

/** One word further: into a command, or past an argument of one. */
function stepped(at: Place, word: string): Place | string {
  const node = at.node.commands[word]
  if (node !== undefined) return { name: `${at.name} ${word}`, node, flags: { ...at.flags, ...node.flags } }
  return isGroup(at) ? `${at.name} has no command ${word}` : at
}

const SHORT: Readonly<Record<string, string>> = { '-q': '--quiet', '-h': '--help' }

function kindOf({ flags }: Place, name: string): GcloudTree['flags'][string] | undefined {
  const known = SHORT[name] ?? name
  return flags[known] ?? (flags[known.replace(/^--no-/, '--')] === 'bool' ? 'bool' : undefined)
}

function takesNext(at: Place, word: string): boolean {
  const kind = kindOf(at, word)
  return kind !== undefined && kind !== 'bool'
}

function flagProblems(at: Place, word: string): string[] {
  const [name = '', ...rest] = word.split('=')
  const value = rest.join('=')
  const kind = kindOf(at, name)
  if (kind === undefined) return [`${at.name} has no flag ${name}`]
  if (kind === 'bool') return rest.length > 0 ? [`${at.name}: ${name} takes no value`] : []
  const choices = typeof kind === 'string' ? [] : kind.map(String)
  if (choices.length === 0 || choices.includes(value)) return []
  return [`${at.name}: ${name} is one of ${choices.join(', ')}, not ${value}`]
}
