import { existsSync, statSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'
import { anchorOf, headingsOf, linksOf } from '../support/markdown.ts'
import { filesOf, ROOT, textOf } from '../support/told.ts'

const pages = filesOf('*.md', 'docs/**/*.md', 'infra/**/*.md')
const ours = pages.flatMap((page) =>
  linksOf(textOf(page))
    .filter((target) => !/^(https?|mailto):/.test(target))
    .map((target) => ({ page, target })),
)

describe('the documents', () => {
  it('link to files that are there, and to headings that these have', () => {
    expect(ours.filter((link) => !isThere(link)).map(({ page, target }) => `${page}: ${target}`)).toEqual([])
    expect(ours.length).toBeGreaterThan(50)
  })

  it('would be found out: neither a missing file nor a missing heading passes', () => {
    expect(isThere({ page: 'README.md', target: 'docs/nothing.md' })).toBe(false)
    expect(isThere({ page: 'docs/how-it-works.md', target: '#nothing' })).toBe(false)
    expect(isThere({ page: 'README.md', target: 'docs/how-it-works.md#a-move' })).toBe(true)
  })

  it('name files of this project that are there', () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/`((?:docs|infra|functions|scripts|test)\/[\w./-]+\.\w+)`/g)].map(
        ([, file = '']) => ({
          page,
          file,
        }),
      ),
    )
    const missing = named.filter(({ file }) => !existsSync(join(ROOT, file)))
    expect(missing.map(({ page, file }) => `${page}: ${file}`)).toEqual([])
    expect(named.length).toBeGreaterThan(20)
  })
})

function isThere({ page, target }: { readonly page: string; readonly target: string }): boolean {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? page : normalize(join(dirname(page), path))
  if (!existsSync(join(ROOT, file))) return false
  if (anchor === undefined) return true
  return statSync(join(ROOT, file)).isFile() && headingsOf(textOf(file)).map(anchorOf).includes(`#${anchor}`)
}
