import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { newJob } from '../../functions/job/definition.ts'
import { toFields } from '../../functions/job/stored.ts'
import { openBrowser } from '../support/browser.ts'
import { idleJob } from '../support/page-jobs.ts'
import { NOW, openScene, type Scene } from '../support/page-scene.ts'
import { openPage } from '../support/page-view.ts'

let scene: Scene
let browser: Browser
beforeAll(async () => {
  ;[scene, browser] = await Promise.all([openScene(), openBrowser()])
})
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

const open = (place: string, options = {}) => openPage(browser, scene, place, options)
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })

describe('the list of jobs', () => {
  it('says of each job how it stands, when it runs next and how it did', async () => {
    const page = await open('#/jobs')
    const told = async (name: string) => (await row(page, name).innerText()).replaceAll(/\s+/g, ' ')
    expect(await told('capture-authorised-payments')).toMatch(/running.*every 5 min.*in 5 min.*97.5 %/)
    expect(await told('aml-report')).toMatch(/overdue.*daily at 06:00.*15 min ago/)
    expect(await told('dispute-deadlines')).toMatch(/retrying failing since .* in a row.*failed/)
    expect(await told('sanctions-list')).toMatch(/override.*paused .*16 \* \* \* \(UTC\) paused completed/)
    expect(await told('chargeback-export')).toMatch(/damaged.*schedule/)
    const spark = row(page, 'dispute-deadlines').getByRole('img')
    expect(await spark.getAttribute('aria-label')).toMatch(
      /^Last 20 runs: \d+ failed; the latest failed; median/,
    )
  })

  it('finds a text in whatever names a job, as it is typed, and keeps the focus in the box', async () => {
    const page = await open('#/jobs')
    await page.getByLabel('Name contains').pressSequentially('EXCHANGE')
    await row(page, 'risk-scores').waitFor({ state: 'detached' })
    expect(await page.locator('tbody th').allInnerTexts()).toEqual([expect.stringContaining('fx-rates')])
    await page.keyboard.type('x')
    await page.getByText('No job of this kind has “EXCHANGEx” in its name, title or type.').waitFor()
    expect(page.url()).toContain('find=EXCHANGEx')
    await page.getByRole('link', { name: 'Names beginning with “EXCHANGEx”' }).click()
    await page.getByText('has a name that begins with “EXCHANGEx”').waitFor()
  })

  it('counts what wants an eye, and each count leads to its jobs and back', async () => {
    const page = await open('#/jobs')
    const counts = page.getByRole('navigation', { name: 'Jobs that want an eye' }).getByRole('link')
    expect(await counts.allInnerTexts()).toEqual([
      '1 damaged',
      '1 failing',
      '1 retrying',
      '1 paused',
      '1 overdue',
    ])
    const shown = () => page.locator('tbody th a').evaluateAll((links) => links.map((one) => one.textContent))
    for (const [count, title] of [
      ['retrying', 'Dispute deadlines'],
      ['failing', 'Risk scores'],
      ['damaged', 'chargeback-export'],
      ['overdue', 'Money laundering report'],
    ] as const) {
      await counts.filter({ hasText: count }).click()
      await expect.poll(shown).toEqual([title])
    }
    expect(page.url()).toContain('standing=overdue')
    await page.goBack()
    await expect.poll(shown).toEqual(['chargeback-export'])
  })

  it('is found again on the way back where it was left', async () => {
    const page = await open('#/jobs', { viewport: { width: 1000, height: 300 } })
    const link = page.getByRole('link', { name: 'Weekly statements' })
    await link.scrollIntoViewIfNeeded()
    const y = await page.evaluate<number>('scrollY')
    expect(y).toBeGreaterThan(0)
    await link.click()
    await page.getByRole('heading', { level: 1, name: 'Weekly statements' }).waitFor()
    expect(await page.evaluate('scrollY')).toBe(0)
    await page.goBack()
    await expect.poll(() => page.evaluate('scrollY')).toBe(y)
    await expect.poll(() => page.evaluate('document.activeElement?.textContent')).toBe('Weekly statements')
  })

  it('is short on a phone: a job is a card of a few lines', async () => {
    const page = await open('#/jobs', { viewport: { width: 360, height: 780 } })
    const heights = await page
      .locator('tbody tr')
      .evaluateAll((cards) => cards.map((one) => one.clientHeight))
    expect(heights.reduce((sum, one) => sum + one, 0) / heights.length).toBeLessThan(110)
  })

  it('turns pages of 100, and says where there is nothing', async () => {
    for (let n = 0; n < 130; n += 1) {
      const job = newJob(idleJob(`export-${String(n).padStart(3, '0')}`, { kind: 'one_off' }), NOW)
      const ref = { collection: 'scheduler_jobs', id: job.name } as const
      await scene.plant({ kind: 'create', ref, fields: toFields(job) })
    }
    const page = await open('#/jobs')
    await page.getByRole('link', { name: 'One-off' }).click()
    await row(page, 'export-000').waitFor()
    expect(await page.locator('tbody tr').count()).toBe(100)
    await page.getByRole('link', { name: 'Next 100' }).click()
    await row(page, 'export-100').waitFor()
    expect(await page.locator('tbody tr').count()).toBe(30)
    await page.getByRole('link', { name: 'First page' }).click()
    await row(page, 'export-000').waitFor()
    await page.getByRole('link', { name: 'Reported' }).click()
    await page.getByText('No outside scheduler reports here.').waitFor()
  })

  it('calls a one-off job by its type, and a backfill never overdue', async () => {
    const past = { next_run_at: NOW - 900_000 }
    await scene.put(idleJob('0f8c-11', { kind: 'one_off', job_type: 'send-invoice' }), past)
    await scene.put(idleJob('fx-rates~b1', { kind: 'backfill' }), past)
    const page = await open('#/jobs?kind=one_off')
    expect(await row(page, '0f8c-11').innerText()).toMatch(/^send-invoice\s+0f8c-11[\s\S]*overdue/)
    await page.getByRole('link', { name: 'Backfills' }).click()
    expect(await row(page, 'fx-rates~b1').innerText()).not.toContain('overdue')
  })
})
