import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { openScene, type Scene } from '../support/page-scene.ts'
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

const open = (place: string) => openPage(browser, scene, place)
const dialog = (page: Page) => page.getByRole('dialog')

describe('when another operator was faster', () => {
  it('says who changed what, and keeps what was typed until it is sent again', async () => {
    const page = await open('#/job/fx-rates')
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByLabel('Reason').fill('The banks are closed')
    const change = { cronExpression: '*/10 * * * *', reason: 'Quota of the provider', userId: 'Jörg Müller' }
    await fetch(new URL('/api/jobs/fx-rates/cron', scene.url), {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(change),
    })
    await dialog(page).getByRole('button', { name: 'Pause' }).click()
    await dialog(page)
      .getByText(/job cron changed by ops@example.com for Jörg Müller, .*“Quota of the provider”/)
      .waitFor()
    expect(await dialog(page).getByRole('button', { name: 'Pause' }).isDisabled()).toBe(true)
    expect((await scene.job('fx-rates')).enabled).toBe(true)
    await dialog(page).getByRole('button', { name: 'Look again' }).click()
    await dialog(page).getByText('enabled, */10 * * * *').waitFor()
    expect(await page.getByLabel('Reason').inputValue()).toBe('The banks are closed')
    await dialog(page).getByRole('button', { name: 'Pause' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    expect((await scene.job('fx-rates')).enabled).toBe(false)
  })
})

describe('when the answer to an action does not arrive', () => {
  it('says that it may have been done, and Enter does not do it again', async () => {
    const page = await open('#/job/risk-scores')
    let sent = 0
    await page.route('**/trigger', (route) => {
      sent += 1
      return route.abort()
    })
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByLabel('Reason').fill('Scores are stale')
    await dialog(page).getByRole('button', { name: 'Run now' }).click()
    await dialog(page).getByText('It is not known whether it was done').waitFor()
    await page.keyboard.press('Enter')
    await dialog(page).waitFor({ state: 'detached' })
    expect(sent).toBe(1)
  })
})

describe('when the service does not answer', () => {
  it('a reading ends after 10 s: what is shown stays, and says since when it is old', async () => {
    const page = await open('#/jobs')
    await page.route('**/api/jobs?*', () => {})
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.clock.fastForward(10_100)
    await page.locator('#fresh.stale').getByText('cannot be refreshed since').waitFor()
    const told = await page.locator('#trouble').innerText()
    expect(told).toContain('not answered within 10 s')
    expect(told).not.toContain('cannot be shown')
    expect(await page.getByRole('row').filter({ hasText: 'fx-rates' }).count()).toBe(1)
  })
})
