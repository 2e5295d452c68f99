import { describe, expect, it } from 'vitest'
import { readShell } from '../support/shell.ts'
import { toldInMarkdown, toldInSource } from '../support/told.ts'

const wordsIn = (text: string) => readShell(text).commands
const told = (text: string) => toldInMarkdown('a.md', text).map(({ words }) => words.join(' '))

describe('the reader of shell texts', () => {
  it('reads the words of a command without their quotes', () => {
    expect(wordsIn(`gcloud logging read 'a="b" AND c' --format="value(x)" # why`)).toEqual([
      ['gcloud', 'logging', 'read', 'a="b" AND c', '--format=value(x)'],
    ])
    expect(wordsIn(`echo "it's" it\\'s`)).toEqual([['echo', "it's", "it's"]])
  })

  it('finds each command of a list, a pipe and a loop, and what they write to is no word of theirs', () => {
    expect(wordsIn('a 1 | b 2 > c 2>&1 && d; while e; do f & done')).toEqual([
      ['a', '1'],
      ['b', '2'],
      ['d'],
      ['e'],
      ['f'],
      ['done'],
    ])
  })

  it('finds commands within commands, first the inner one', () => {
    expect(wordsIn('URL=https://x-$(gcloud a b).run.app T="$(gcloud c)" curl "$URL/$(d)"')).toEqual([
      ['gcloud', 'a', 'b'],
      ['gcloud', 'c'],
      ['d'],
      ['curl', '$URL/X'],
    ])
  })

  it('joins a command that goes on in the next line, and says when a text ends in the middle of one', () => {
    expect(wordsIn('a b \\\n  --c\nd')).toEqual([['a', 'b', '--c'], ['d']])
    for (const text of ["a 'b", 'a "b', 'a $(b', 'a \\']) expect(readShell(text).isCutOff).toBe(true)
    expect(readShell('a "$(b \'c\')"').isCutOff).toBe(false)
  })
})

describe('the finder of told commands', () => {
  it('takes those of fenced blocks, continued ones whole, and those that stand in a line', () => {
    const text =
      'Say `gcloud auth\nlogin` or `npm ci`; `gcloud` is a tool.\n```sh\ngcloud a \\\n  --b\nX=$(gcloud c) \\\n curl d\n```\n'
    expect(told(text)).toEqual(['gcloud a --b', 'gcloud c', 'gcloud auth login', 'npm ci'])
  })

  it('takes a command that a block prints as advice, whatever stands before it', () => {
    expect(told("```\nit's bad   mend: gcloud a b\n```\n")).toEqual(['gcloud a b'])
  })

  it('takes those that a source file tells, with its holes as values, and leaves prose about gcloud alone', () => {
    const hole = ['$', '{y}'].join('')
    const text = [
      `say(\`OPERATOR=$(gcloud auth login --x=${hole} --z)\`) // gcloud names it`,
      '// gcloud auth list; then',
      "'Run gcloud auth revoke.'",
    ].join('\n')
    const found = toldInSource('a.ts', text, (word) => word === 'auth')
    expect(found.map(({ line, words }) => `${line} ${words.join(' ')}`)).toEqual([
      '1 gcloud auth login --x=X --z',
      '2 gcloud auth list',
      '3 gcloud auth revoke',
    ])
  })
})
