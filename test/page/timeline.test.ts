import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { runId } from '../../functions/job/job.ts'
import type { Change, Fields } from '../../functions/store/documents.ts'
import { openBrowser } from '../support/browser.ts'
import { idleJob } from '../support/page-jobs.ts'
import { NOW, openScene, type Scene } from '../support/page-scene.ts'
import { openPage } from '../support/page-view.ts'
import { seriousFlaws } from './flaws.ts'

const MINUTE = 60_000

let scene: Scene
let browser: Browser
beforeAll(async () => {
  ;[scene, browser] = await Promise.all([openScene(), openBrowser()])
  await overlapping()
})
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

/** Two runs of one job of which the second begins while the first goes on. */
async function overlapping() {
  const job = 'risk-scores'
  for (const [n, minutes] of [
    [119, 12],
    [115, 3],
  ] as const) {
    const begun = NOW - n * MINUTE
    await scene.plant(ranOnce(job, begun, { finished_at: begun + minutes * MINUTE }))
  }
}

/** The record of a run by hand that took a while, unless it is changed. */
function ranOnce(job: string, begun: number, changes: { finished_at: number } & Fields): Change {
  const attempt = { attempt: 1, fence: 1, owner: 'a', path: 'tick', outcome: 'succeeded', error: null }
  const fields = {
    id: runId(job, begun),
    job,
    job_type: job,
    lane: 'default',
    triggered_by: 'manual',
    scheduled_for: begun,
    listed_at: begun,
    performed_job: job,
    status: 'succeeded',
    fence: 1,
    attempts: [{ ...attempt, started_at: begun, ended_at: changes.finished_at }],
    started_at: begun,
    lateness_ms: 0,
    items: null,
    result: null,
    error: null,
    expire_at: NOW + 1e9,
    ...changes,
  }
  return { kind: 'create', ref: { collection: 'scheduler_runs', id: fields.id }, fields }
}

const open = (place = '#/timeline', options = {}) => openPage(browser, scene, place, options)
const rowOf = (page: Page, name: string) => page.locator(`svg.track[data-job="${name}"]`)
const detail = (page: Page) => page.locator('#track-detail')

describe('the timeline', () => {
  it('says at once what is missing, failed, late and overlapping, and leads there', async () => {
    const page = await open()
    const told = (await page.locator('.troubles').innerText()).replaceAll(/\s+/g, ' ')
    expect(told).toMatch(
      /1 missing aml-report .*failed risk-scores.*2 late fx-rates \(2\).*1 overlapping risk-scores/,
    )
    await page.locator('.troubles').getByRole('button', { name: 'aml-report' }).click()
    expect(await detail(page).innerText()).toMatch(/^Missing: it fell due/)
    expect(await rowOf(page, 'aml-report').evaluate((row) => row.matches(':focus'))).toBe(true)
  })

  it('draws each: a hollow diamond with a word, a way from the instant to the start, a second track', async () => {
    const page = await open()
    expect(await rowOf(page, 'aml-report').locator('.diamond').count()).toBe(1)
    expect(await rowOf(page, 'aml-report').getByText('missing', { exact: true }).count()).toBe(1)
    expect(await rowOf(page, 'fx-rates').locator('.delay').count()).toBe(2)
    const tops = await rowOf(page, 'risk-scores')
      .locator('.bar')
      .evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute('y'))))
    expect(tops.filter((y) => y > 20).length).toBe(1)
    expect(await rowOf(page, 'risk-scores').locator('.cross').count()).toBe(1)
  })

  it('is stepped through by the arrow keys, and Enter opens the job', async () => {
    const page = await open()
    await rowOf(page, 'risk-scores').focus()
    await page.keyboard.press('End')
    const last = await detail(page).innerText()
    expect(last).toMatch(/^Run of .*: failed, took/)
    await page.keyboard.press('ArrowLeft')
    expect(await detail(page).innerText()).not.toBe(last)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Risk scores' }).waitFor()
  })

  it('shows each lane and each window by an address of its own', async () => {
    const page = await open()
    await page.getByRole('link', { name: 'payments' }).click()
    await rowOf(page, 'dispute-deadlines').waitFor()
    await page.getByRole('link', { name: '24 hours' }).click()
    await page.getByText('24 hours:').waitFor()
    expect(page.url()).toMatch(/lane=payments.*span=24h|span=24h.*lane=payments/)
    await page.getByRole('link', { name: '← Earlier' }).click()
    await page.getByRole('link', { name: 'Now' }).waitFor()
  })

  it('says the same as a table, line by line', async () => {
    const page = await open()
    await page.getByRole('link', { name: 'The same as a table' }).click()
    const rows = page.getByRole('row')
    await rows.first().waitFor()
    expect(await rows.filter({ hasText: 'aml-report' }).innerText()).toMatch(
      /missing[\s\S]*neither ran nor was skipped/,
    )
    const late = rows.filter({ hasText: 'fx-rates' }).filter({ hasText: ': late' })
    expect(await late.count()).toBe(2)
    const overlapping = rows.filter({ hasText: 'while another one ran' })
    expect(await overlapping.innerText()).toContain('run by hand')
  })

  it('shows 100 jobs at a time, and says how many more there are', async () => {
    const ran = Array.from({ length: 130 }, (_, n) => `export-${String(n).padStart(3, '0')}`)
    const instant = NOW - 3 * 86_400_000
    for (const job of ran) {
      const skip = { reason: 'overlap', first_at: instant, last_at: instant, count: 1 }
      const fields = { ...skip, job, lane: 'payments', status: 'skipped', scheduled_for: instant }
      await scene.plant({ kind: 'create', ref: { collection: 'scheduler_runs', id: `${job}@` }, fields })
    }
    const to = new Date(instant + 10 * MINUTE).toISOString()
    const page = await open(`#/timeline?lane=payments&span=1h&to=${to}`)
    const more = page.getByRole('navigation', { name: 'Pages of jobs' })
    const [, left] = /At least (\d+) more jobs/.exec(await more.innerText()) ?? []
    const rows = page.locator('svg.track')
    const shown = await rows.count()
    await more.getByRole('link', { name: 'Next 100 jobs' }).click()
    await more.getByText('These are the last jobs.').waitFor()
    expect(await rows.count()).toBe(Number(left))
    expect(shown + Number(left)).toBeGreaterThanOrEqual(ran.length)
    await more.getByRole('link', { name: 'First 100 jobs' }).click()
    await more.getByText('At least').waitFor()
  })

  it('fits a phone, and has no flaw that matters, in light and dark', async () => {
    const page = await open('#/timeline?lane=payments&table=yes', { viewport: { width: 360, height: 780 } })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await seriousFlaws(page)).toEqual([])
    }
  })

  it('has nothing to say of a window in which nothing was to run', async () => {
    const page = await open('#/timeline?span=1h&to=2029-01-01T00:00:00.000Z')
    await page.getByText('Nothing ran in this window').waitFor()
  })
})

describe('the charts of a job', () => {
  it('mark each run, those that failed with a cross, and say the same in words', async () => {
    const page = await open('#/job/dispute-deadlines')
    const lateness = page.locator('.chart').filter({ hasText: 'Lateness' })
    const words = await lateness.locator('figcaption').innerText()
    const [, runs, failed] = /(\d+) runs, (\d+) failed: half within/.exec(words) ?? []
    expect(Number(failed)).toBeGreaterThan(0)
    expect(await lateness.locator('.mark').count()).toBe(Number(runs))
    expect(await lateness.locator('.mark.failed').count()).toBe(Number(failed))
    expect(await lateness.locator('.level text').allTextContents()).toEqual([
      expect.stringMatching(/^p50 /),
      expect.stringMatching(/^p95 /),
    ])
  })
  it('have an axis of different steps and names that cover nothing, also for one run of a millisecond', async () => {
    await scene.put(idleJob('ticker'))
    const begun = NOW - 10 * MINUTE
    await scene.plant(
      ranOnce('ticker', begun, { finished_at: begun + 1, lateness_ms: 1, triggered_by: 'scheduler' }),
    )
    const page = await open('#/job/ticker')
    await page.getByText('One run is known').waitFor()
    const chart = page.locator('.chart').first()
    expect(await chart.locator('.grid text').allTextContents()).toEqual(['0 ms', '1 ms', '2 ms'])
    const boxes = await chart
      .locator('text')
      .evaluateAll((texts) => texts.map((one) => one.getBoundingClientRect().toJSON()))
    const covering = boxes.filter((a, n) =>
      boxes.some(
        (b, m) =>
          m > n && a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2,
      ),
    )
    expect(covering).toEqual([])
  })
})
