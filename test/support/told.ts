import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { linesOf } from './markdown.ts'
import { readShell } from './shell.ts'

/** A command line that a file tells somebody to run. */
export interface Told {
  readonly file: string
  readonly line: number
  /** As they are written, quotes taken off; the first is the program. */
  readonly words: readonly string[]
}

/** The project's folder, with a slash at its end. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

const PROGRAMS = ['gcloud', 'npm', 'npx', 'terraform', 'node'] as const
const NAMED = new RegExp(`(?<![\\w./-])(${PROGRAMS.join('|')}) (?=[\\w-])`)
/** A line of a fenced block that is a command from its first word on. */
const BEGINS =
  /^\s*(\$ )?(eval |[A-Za-z_]\w*=|export |for |while |if |curl |gcloud |npm |npx |terraform |node )/
/** A command that is longer is none that anybody should type. */
const MOST_LINES = 12

/** The project's files of these patterns, by their path from its folder. */
export function filesOf(...patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT })).toSorted()
}

/** A file's text. */
export function textOf(file: string): string {
  return readFileSync(new URL(file, `file://${ROOT}`), 'utf8')
}

/** Every command in a Markdown text: those of fenced blocks, and those that stand in a line as code. */
export function toldInMarkdown(file: string, text: string): Told[] {
  const lines = linesOf(text)
  const code = lines.map((line) => (line.isCode ? line.text : ''))
  const prose = lines.map((line) => (line.isCode ? '' : line.text))
  return [
    ...code.flatMap((_, index) => commandsFrom(file, code, index)),
    ...inlineCommands(file, prose.join('\n')),
  ]
}

/** The commands of a fenced line; one that goes on is read to its end, from its first line only. */
function commandsFrom(file: string, lines: readonly string[], index: number): Told[] {
  const line = lines[index] ?? ''
  const start = BEGINS.test(line)
    ? line.replace(/^\s*\$ /, '')
    : line.slice(NAMED.exec(line)?.index ?? Infinity)
  if (start === '') return []
  let text = start
  let script = readShell(text)
  for (let more = 1; script.isCutOff && more < MOST_LINES; more += 1) {
    text = `${text}\n${lines[index + more] ?? ''}`
    script = readShell(text)
  }
  return script.commands.filter(isKnown).map((words) => ({ file, line: index + 1, words }))
}

function inlineCommands(file: string, prose: string): Told[] {
  return [...prose.matchAll(/`([^`]+)`/g)].flatMap(({ 1: code = '', index }) => {
    if (!NAMED.test(code)) return []
    const line = prose.slice(0, index).split('\n').length
    const { commands } = readShell(code.replaceAll(/\s*\n\s*/g, ' '))
    return commands.filter(isKnown).map((words) => ({ file, line, words }))
  })
}

function isKnown([program, next]: readonly string[]): boolean {
  return next !== undefined && PROGRAMS.some((one) => one === program)
}

/**
 * Every gcloud command that a source file tells in its texts and comments. `isCommand` says whether a word can follow `gcloud`:
 * the others are prose about it.
 */
export function toldInSource(file: string, text: string, isCommand: (word: string) => boolean): Told[] {
  return [...text.matchAll(/\bgcloud ([a-z][a-z-]*)[^`\n]*/g)].flatMap(({ 0: rest, 1: next = '', index }) => {
    if (!isCommand(next)) return []
    const [words = []] = readShell(untilProse(rest)).commands
    return [{ file, line: text.slice(0, index).split('\n').length, words }]
  })
}

/** A template's holes are values; a command in a text ends with its quote or its sentence. */
function untilProse(text: string): string {
  const filled = text.replaceAll(/\$\{[^{}]*\}/g, 'X').replaceAll(/\\[n'"]/g, ' ')
  const words = filled.split(' ')
  const last = words.findIndex((word) => /['",;:.)]+$/.test(word) || word === '*/')
  const told = last < 0 ? words : words.slice(0, last + 1)
  return told
    .join(' ')
    .replace(/\s*\*\/$/, '')
    .replace(/['",;:.)]+$/, '')
}
