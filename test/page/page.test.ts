import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { NOW, openScene, type Scene } from '../support/page-scene.ts'
import { openPage } from '../support/page-view.ts'

let scene: Scene
let browser: Browser
beforeAll(async () => {
  ;[scene, browser] = await Promise.all([openScene(), openBrowser()])
})
afterEach(async () => {
  scene.as('operator')
  scene.fail(null)
  await Promise.all(browser.contexts().map((context) => context.close()))
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

const open = (place: string, options = {}) => openPage(browser, scene, place, options)
const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })
const act = async (page: Page, action: string, reason: string) => {
  await page.getByRole('button', { name: action, exact: true }).click()
  await page.getByLabel('Reason').fill(reason)
  await page.locator('dialog button[type=submit]').click()
}
/** Does a window that is seen, or not, as a browser tells a page. */
const seen = (yes: boolean) =>
  `Object.defineProperty(document, 'hidden', { value: ${!yes}, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))`
const notice = (page: Page) => page.locator('#notice')

describe('one job', () => {
  it('marks the clock change that its next occurrences meet', async () => {
    const page = await open('#/job/ledger-reconciliation')
    const lines = await page.locator('.occurrences li').allInnerTexts()
    expect(lines[1]).toContain('31 Mar, 03:00:00')
    expect(lines[2]).toMatch(/Clocks go forward 60 min.*becomes one occurrence at its end/s)
  })

  it('says who holds it, until when, and with which trouble', async () => {
    const page = await open('#/job/dispute-deadlines')
    const held = await page.getByRole('region', { name: 'Who holds it' }).innerText()
    expect(held).toMatch(/retry/)
    expect(held).toMatch(/tickover-00042-kx7/)
    expect(held).toMatch(/Next attempt\s+in 2 min/)
    expect(held).toMatch(/answered 429/)
  })

  it('opens a run to its attempts and its result, and shows a partial failure as one', async () => {
    const page = await open('#/job/ledger-reconciliation')
    const partly = row(page, 'partly failed').first()
    expect(await partly.innerText()).toMatch(/18,400, 3 failed/)
    const opener = partly.getByRole('button')
    await opener.click()
    expect(await opener.getAttribute('aria-expanded')).toBe('true')
    expect(await page.locator('.detail').innerText()).toMatch(/succeeded.*fence \d+.*"batch": "b-203"/s)
  })

  it('shows skipped occurrences when asked', async () => {
    const page = await open('#/job/sanctions-list')
    await page.getByRole('link', { name: 'Show skipped' }).click()
    await page.getByText('2 occurrences: paused').waitFor()
  })

  it('says that it is paused wherever it would tell of a next run', async () => {
    const page = await open('#/job/sanctions-list')
    const now = await page.getByRole('region', { name: 'Now' }).innerText()
    expect(now).toMatch(/Next run\s+paused: nothing begins until it is resumed/)
    const listed = page.getByRole('region', { name: 'Next occurrences' })
    expect(await listed.innerText()).toContain('The job is paused.')
    expect(await listed.locator('li .badge').allInnerTexts()).toEqual(Array(10).fill('paused'))
  })

  it('says which attempt has failed with what, while its run waits for the next', async () => {
    const page = await open('#/job/dispute-deadlines')
    const now = await page.getByRole('region', { name: 'Now' }).innerText()
    expect(now).toMatch(
      /Attempt 2 of \d has failed, the next comes in 2 min: The scheme’s gateway answered 429/,
    )
    expect(now).toMatch(/Failing\s+since .* ago \(.*\), \d+ in a row/)
  })

  it('says who acted, and for whom', async () => {
    const fields = {
      action: 'job_enabled',
      actor: 'you@example.com',
      on_behalf_of: 'Jörg Müller',
      reason: 'x',
    }
    const states = { before: null, after: null, at: NOW, subject: 'risk-scores' }
    const ref = { collection: 'scheduler_audit', id: 'behalf' } as const
    await scene.plant({ kind: 'create', ref, fields: { ...fields, ...states } })
    const page = await open('#/job/risk-scores')
    await page.getByText('by you@example.com for Jörg Müller').waitFor()
  })

  it('that there is not is told in words for people', async () => {
    const page = await open('#/job/nobody')
    const told = await page.getByRole('alert').innerText()
    expect(told).toContain('No job has this name')
    expect(told).not.toContain('/api')
  })
})

describe('an action', () => {
  it('runs a job only with a reason, and says what came of each item', async () => {
    const page = await open('#/job/fx-rates')
    const before = await scene.job('fx-rates')
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.locator('dialog button[type=submit]').click()
    expect(await scene.job('fx-rates')).toEqual(before)
    await page.getByLabel('Reason').fill('Rates looked stale')
    await page.locator('dialog button[type=submit]').click()
    await notice(page).getByText('34 items processed, 33 succeeded, 1 failed').waitFor()
    await notice(page).getByText('one account is closed').waitFor()
    await row(page, 'ops@example.com').getByText('partly failed').waitFor()
    await page.getByRole('region', { name: 'Audit trail' }).getByText('Rates looked stale').waitFor()
  })

  it('pauses, shows the pause as an override, and resets it', async () => {
    const page = await open('#/job/risk-scores')
    await act(page, 'Pause', 'The scoring model is being replaced')
    await notice(page).getByText('paused').waitFor()
    await page.getByText('Paused by ops@example.com').waitFor()
    expect((await scene.job('risk-scores')).enabled).toBe(false)
    await act(page, 'Reset to what is registered', 'The model is in place')
    await page.getByText('Paused by ops@example.com').waitFor({ state: 'detached' })
    expect((await scene.job('risk-scores')).enabled).toBe(true)
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
  })

  it('changes a schedule with the occurrences before its eyes', async () => {
    const page = await open('#/job/weekly-statements')
    await page.getByRole('button', { name: 'Change schedule' }).click()
    await page.getByLabel('Cron expression').fill('0 25 * * *')
    await page.locator('.preview .bad-text').waitFor()
    await page.getByLabel('Cron expression').fill('15 7 * * 1')
    await page.locator('.preview').getByText('07:15:00').first().waitFor()
    expect(await page.locator('.preview ol time').count()).toBeGreaterThanOrEqual(5)
    await page.getByLabel('Reason').fill('Merchants asked for it')
    await page.locator('dialog button[type=submit]').click()
    await page.getByText('Schedule changed by ops@example.com').waitFor()
    expect((await scene.job('weekly-statements')).schedule).toMatchObject({ expression: '15 7 * * 1' })
  })

  it('says how many occurrences a backfill holds before it is made', async () => {
    const page = await open('#/job/payout-batches')
    await page.getByRole('button', { name: 'Backfill' }).click()
    await page.getByLabel('From (').fill('2030-03-18T00:00')
    await page.getByLabel('To (').fill('2030-03-20T23:00')
    await page.getByText('3 occurrences').waitFor()
    await page.getByLabel('Reason').fill('The bank lost a file')
    await page.locator('dialog button[type=submit]').click()
    await notice(page).getByRole('link').click()
    await page.getByRole('heading', { level: 1 }).getByText('Payout batches').waitFor()
    expect(page.url()).toContain('payout-batches~')
  })

  it('releases what a dead holder held', async () => {
    const page = await open('#/job/capture-authorised-payments')
    await act(page, 'Release lease', 'The instance is gone')
    await notice(page).getByText('Released').waitFor()
    const { entries } = await scene.job('capture-authorised-payments')
    expect(entries.map(({ state }) => state)).toEqual(['retry'])
  })

  it('deletes only what is named, and tells why it may not', async () => {
    const page = await open('#/job/aml-report')
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('Reason').fill('Moved to the warehouse')
    await page.getByLabel('to confirm').fill('aml')
    await page.locator('dialog button[type=submit]').click()
    await page.getByText('The name is not the job’s.').waitFor()
    await page.getByLabel('to confirm').fill('aml-report')
    await page.locator('dialog button[type=submit]').click()
    await notice(page).getByText('Job aml-report is deleted').waitFor()
    await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor()
    await expect(scene.job('aml-report')).rejects.toThrow('No job')

    await page.goto(`${scene.url}#/job/fx-rates`)
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByLabel('to confirm').fill('fx-rates')
    await page.getByLabel('Reason').fill('Not needed')
    await page.locator('dialog button[type=submit]').click()
    await page.getByRole('alert').getByText('fx-rates is a job of this deployment’s code').waitFor()
  })

  it('can be done by keyboard alone; Escape does nothing, and keeps what was typed', async () => {
    const page = await open('#/job/fx-rates')
    const tabTo = async (name: string) => {
      for (let n = 0; n < 40; n += 1) {
        await page.keyboard.press('Tab')
        if ((await page.evaluate('document.activeElement?.textContent')) === name) return
      }
      throw new Error(`No tab leads to ${name}`)
    }
    await tabTo('Pause')
    await page.keyboard.press('Enter')
    await page.locator('dialog').waitFor()
    await page.keyboard.type('By key')
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement?.textContent')).toBe('Pause')
    await page.keyboard.press('Enter')
    expect(await page.getByLabel('Reason').inputValue()).toBe('By key')
    await page.keyboard.press('End')
    await page.keyboard.type('board')
    await tabTo('Pause')
    await page.keyboard.press('Enter')
    await notice(page).getByText('paused').waitFor()
    expect((await scene.job('fx-rates')).enabled).toBe(false)
    await page.getByRole('region', { name: 'Audit trail' }).getByText('“By keyboard”').waitFor()
  })
})

describe('the page by itself', () => {
  it('is read again every 15 s, and keeps focus, scroll and what is being typed', async () => {
    const page = await open('#/job/sanctions-list')
    await page.getByRole('button', { name: 'Resume' }).click()
    await page.getByLabel('Reason').fill('Half a sent')
    await page.evaluate('scrollTo(0, 300)')
    const before = await scene.job('sanctions-list')
    await scene.put(
      { ...before, description: 'Now described otherwise' },
      { ...before, description: 'Now described otherwise' },
    )
    await page.clock.fastForward(15_500)
    await page.getByText('Now described otherwise').waitFor()
    expect(await page.getByLabel('Reason').inputValue()).toBe('Half a sent')
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('TEXTAREA')
    expect(await page.evaluate('scrollY')).toBe(300)
  })

  it('asks nothing while nobody sees it', async () => {
    const page = await open('#/jobs')
    await page.evaluate(seen(false))
    let asked = 0
    page.on('request', () => {
      asked += 1
    })
    await page.clock.fastForward(60_000)
    expect(asked).toBe(0)
    await page.evaluate(seen(true))
    await expect.poll(() => asked).toBeGreaterThan(0)
  })

  it('keeps what it knew when the store is out of reach, and says so', async () => {
    const page = await open('#/jobs')
    scene.fail(/^\/api/)
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('The store is out of reach').waitFor()
    expect(await page.locator('#fresh.stale').innerText()).toMatch(/^As of .*, cannot be refreshed since /)
    expect(await row(page, 'fx-rates').count()).toBe(1)
    scene.fail(null)
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('The store is out of reach').waitFor({ state: 'detached' })
    expect(await page.locator('#fresh').innerText()).not.toContain('since')
  })

  it('tells a viewer that only operators act, and somebody signed out to sign in again', async () => {
    scene.as('viewer')
    const page = await open('#/job/fx-rates')
    await page.getByText('Your account may view.').waitFor()
    expect(await page.getByRole('group', { name: 'Actions' }).count()).toBe(0)
    scene.as('nobody')
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByText('You are signed out').waitFor()
    await page.goto(`${scene.url}#/rollout`)
    await page.getByRole('alert').getByText('you may have to sign in again').waitFor()
  })

  it('keeps the theme that was chosen', async () => {
    const page = await open('#/jobs')
    await page.getByRole('button', { name: 'Theme: system' }).click()
    await page.getByRole('button', { name: 'Theme: light' }).click()
    await page.reload()
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
  })
})
