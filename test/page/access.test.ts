import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from '../support/browser.ts'
import { openScene, type Scene } from '../support/page-scene.ts'
import { openPage } from '../support/page-view.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PHONE = { width: 360, height: 780 }

let scene: Scene
let browser: Browser
beforeAll(async () => {
  ;[scene, browser] = await Promise.all([openScene(), openBrowser()])
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

describe('the page', () => {
  it.each([
    ['light', undefined],
    ['dark', undefined],
    ['dark', PHONE],
  ] as const)('has nothing that hinders anybody, in %s, %j', async (colorScheme, viewport) => {
    const page = await openPage(browser, scene, '#/jobs', { colorScheme, ...(viewport && { viewport }) })
    expect(await hindrances(page)).toEqual([])
    await page.getByRole('link', { name: 'Payout batches' }).click()
    await page.getByRole('button', { name: 'Change schedule' }).click()
    await page.locator('dialog li').first().waitFor()
    expect(await hindrances(page)).toEqual([])
    await page.keyboard.press('Escape')
    expect(await hindrances(page)).toEqual([])
  })

  it('is never wider than a phone', async () => {
    for (const place of ['#/jobs', '#/job/ledger-reconciliation']) {
      const page = await openPage(browser, scene, place, { viewport: PHONE })
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width)
      await page.context().close()
    }
  })
})

/** What axe calls serious or critical, each with the first element it is about. */
async function hindrances(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE)
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, { resultTypes: ['violations'] })`)
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`)
}
