import { describe, expect, it } from 'vitest'
import { filesOf, textOf } from '../support/told.ts'

const pages = filesOf('docs/**/*.md')
const sources = filesOf('functions/observe/*.ts', 'functions/tick/{report,record}.ts').map(textOf).join('\n')

/** What the documents look for in the log, each with the pages that do. */
const looked = (pattern: RegExp) =>
  pages.flatMap((page) => [...textOf(page).matchAll(pattern)].map(([, name = '']) => ({ page, name })))

describe('what the documents look for in the log', () => {
  it('is of events that there are', () => {
    const events = looked(/jsonPayload\.event="(\w+)"/g)
    const unknown = events.filter(({ name }) => !sources.includes(`readonly kind: '${name}'`))
    expect(unknown).toEqual([])
    expect(events.length).toBeGreaterThan(20)
  })

  it('is in fields that lines have', () => {
    const fields = looked(/jsonPayload\.(\w+)/g).filter(({ name }) => name !== 'event')
    const unknown = fields.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(sources))
    expect(unknown).toEqual([])
    expect(fields.length).toBeGreaterThan(50)
  })
})
