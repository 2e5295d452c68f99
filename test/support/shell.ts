/** What a shell text comes to: its simple commands, each as words without their quotes, and whether it ends in the middle of one. */
export interface Script {
  readonly commands: readonly (readonly string[])[]
  readonly isCutOff: boolean
}

/** What a substitution leaves in a word: its value is not known here. */
const UNKNOWN = 'X'

/**
 * Reads a shell text as far as documentation uses the shell: quotes, continued lines, comments, pipes and lists, redirections,
 * and the commands within `$(…)`, which come first. Assignments before a command are left out.
 */
export function readShell(text: string): Script {
  const reader = new Reader(text)
  reader.read(null)
  return { commands: reader.commands, isCutOff: reader.isCutOff }
}

/** Words of the shell itself, before a command. */
const LEADS = new Set(['export', 'do', 'then', 'else', 'while', 'until', 'if', '!', 'time'])

class Reader {
  readonly commands: string[][] = []
  isCutOff = false
  #words: string[] = []
  #at = 0
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** Reads up to the end, or past the bracket that closes a substitution. */
  read(closing: ')' | null): void {
    const outer = this.#words
    this.#words = []
    while (this.#at < this.#text.length && this.#text[this.#at] !== closing) this.#step()
    this.isCutOff ||= closing !== null && this.#at >= this.#text.length
    this.#endCommand()
    if (closing !== null) this.#at += 1
    this.#words = outer
  }

  #step(): void {
    if (this.#skip(/#[^\n]*|[^\S\n]+/y)) return
    const isRedirection = this.#skip(/\d?[<>]+&?[^\S\n]*/y)
    if (!isRedirection && this.#skip(/[|;&\n(){}]/y)) {
      this.#endCommand()
      return
    }
    const word = this.#word()
    if (!isRedirection && word !== null) this.#words.push(word)
  }

  #endCommand(): void {
    const start = this.#words.findIndex((word) => !LEADS.has(word) && !/^[A-Za-z_]\w*=/.test(word))
    if (start >= 0) this.commands.push(this.#words.slice(start))
    this.#words = []
  }

  /** A word, its quotes taken off; null for a mere line break. */
  #word(): string | null {
    let word: string | null = null
    for (;;) {
      const char = this.#text[this.#at] ?? ''
      if (char === '' || /[\s|;&<>(){}]/.test(char)) return word
      const part = this.#part(char)
      if (part !== null) word = (word ?? '') + part
    }
  }

  #part(char: string): string | null {
    if (this.#skip(/\\\n\s*/y)) return null
    if (char === '\\') return this.#escaped()
    if (char === "'") return this.#single()
    if (char === '"') return this.#double()
    if (this.#skip(/\$\(/y)) return this.#substitution()
    this.#at += 1
    return char
  }

  #escaped(): string {
    this.isCutOff ||= this.#at + 1 >= this.#text.length
    this.#at += 2
    return this.#text[this.#at - 1] ?? ''
  }

  #single(): string {
    const close = this.#text.indexOf("'", this.#at + 1)
    const inside = this.#text.slice(this.#at + 1, close < 0 ? undefined : close)
    this.isCutOff ||= close < 0
    this.#at = close < 0 ? this.#text.length : close + 1
    return inside
  }

  #double(): string {
    let inside = ''
    this.#at += 1
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? ''
      if (char === '"') {
        this.#at += 1
        return inside
      }
      inside += char === "'" ? this.#plain() : (this.#part(char) ?? '')
    }
    this.isCutOff = true
    return inside
  }

  #plain(): string {
    this.#at += 1
    return this.#text[this.#at - 1] ?? ''
  }

  #substitution(): string {
    this.read(')')
    return UNKNOWN
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found === undefined) return false
    this.#at += found.length
    return true
  }
}
