import { describe, expect, it } from 'vitest'
import { ALERTS, type Alert } from '../../functions/rollout/alerts.ts'
import { headingsOf, sectionOf } from '../support/markdown.ts'
import { filesOf, textOf } from '../support/told.ts'
import { TROUBLE } from './trouble.ts'

const INDEX = 'docs/runbook/README.md'
const index = textOf(INDEX)
const alerts: readonly (readonly [string, Alert])[] = Object.entries(ALERTS)
const pageOf = (id: string) => textOf(`docs/runbook/${id}.md`)
/** A text without its line breaks. */
const flowing = (text: string) => text.replaceAll(/\s+/g, ' ')

/** How a page says how bad it is. */
const BAD = { CRITICAL: 'Critical', ERROR: 'Serious', WARNING: 'A warning' } as const
const SECTIONS = ['Look', 'Mend', 'No trouble when', 'Next']
/** What an alert's documentation may be at most, in bytes: Cloud Monitoring takes 8,192 characters. */
const MOST_BYTES = 8_000

describe('the runbook', () => {
  it('has a page for every alert, and no page that is of none', () => {
    const pages = filesOf('docs/runbook/*.md').filter((file) => file !== INDEX)
    expect(pages).toEqual(alerts.map(([id]) => `docs/runbook/${id}.md`).toSorted())
  })

  it.each(alerts)(
    'says on the page of %s what the alert says, and how bad it is',
    (id, { title, meaning, severity }) => {
      const text = flowing(pageOf(id))
      expect(text).toContain(`# ${id}: ${title} **What it means.** ${meaning} `)
      expect(text).toContain(`**How bad.** ${BAD[severity]}: `)
    },
  )

  it.each(alerts)(
    'tells on the page of %s how to look, how to mend, when it is no trouble, and who is next',
    (id) => {
      const page = pageOf(id)
      expect(headingsOf(page).slice(1)).toEqual(SECTIONS)
      expect(sectionOf(page, 'Look')).toMatch(/^```$[^`]*(gcloud|curl|npm run) /m)
      expect(sectionOf(page, 'Mend')).toMatch(
        /`(gcloud|curl|npm run|terraform) |docs\/runbook\/|alert_overrides|^```$/m,
      )
      expect(sectionOf(page, 'Next').trim()).not.toBe('')
    },
  )

  it.each(alerts)(
    'fits the page of %s into the alert itself, which knows no tables, no links of ours, and takes braces for its own',
    (id) => {
      const page = pageOf(id)
      expect(Buffer.byteLength(page)).toBeLessThan(MOST_BYTES)
      expect(page).not.toContain('${')
      expect([...page.matchAll(/\]\((?!https:)/g)]).toEqual([])
      // It knows headings, lists, bold, italic and links (cloud.google.com/monitoring/alerts/doc-variables), and no tables.
      expect(page).not.toMatch(/^\|/m)
    },
  )

  it('adapts an alert only by its own overrides', () => {
    const adapted = alerts.flatMap(([id]) =>
      [...pageOf(id).matchAll(/alert_overrides = \{ (\w+) = \{ (\w+) = /g)].map(([, named, key]) => ({
        id,
        named,
        key,
      })),
    )
    for (const { id, named, key } of adapted) {
      expect(named).toBe(id)
      expect(['enabled', 'threshold', 'window_seconds', 'for_seconds']).toContain(key)
    }
    expect(adapted.length).toBeGreaterThan(10)
  })

  it('lists every alert with its severity', () => {
    const rows = [...sectionOf(index, 'By alert').matchAll(/^\| \[(\w+)\]\(\1\.md\) \| .+ \| (.+) \|$/gm)]
    const listed = rows.map(([, id, severity]) => `${id} ${severity}`)
    expect(listed.toSorted()).toEqual(
      alerts.map(([id, { severity }]) => `${id} ${BAD[severity].toLowerCase()}`).toSorted(),
    )
  })

  it('has everything of the five guides that is about trouble, each under a heading that tells what to run', () => {
    const rows = [
      ...sectionOf(index, 'Where the guides are').matchAll(/^\| ([\w-]+) \| (.+) \| \[.+\]\((.+)\) \|$/gm),
    ]
    const places = new Map(rows.map(([, guide = '', heading = '', to = '']) => [`${guide}: ${heading}`, to]))
    const asked = Object.entries(TROUBLE).flatMap(([guide, headings]) =>
      headings.map((one) => `${guide}: ${one}`),
    )
    expect([...places.keys()].toSorted()).toEqual(asked.toSorted())
    for (const [of, to] of places) expect(commandsAt(to), `${of} is sent to ${to}`).toBeGreaterThan(0)
  })
})

/** How many commands or pages of alerts stand at a place of the index: one of its sections, or a page. */
function commandsAt(place: string): number {
  const text = place.startsWith('#') ? sectionOf(index, place) : textOf(`docs/runbook/${place}`)
  return [...text.matchAll(/\b(gcloud|curl|npm run|terraform) |\]\(\w+\.md\)|\]\(#/g)].length
}
