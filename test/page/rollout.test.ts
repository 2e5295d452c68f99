import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Example, ShadowReport } from '../../functions/shadow/report.ts'
import { openBrowser } from '../support/browser.ts'
import { openScene, type Scene } from '../support/page-scene.ts'
import { openPage } from '../support/page-view.ts'
import { reportWith, side } from '../support/shadow-example.ts'
import { seriousFlaws } from './flaws.ts'

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

const SCRIPT = '<img src=x onerror="document.title=1">'

/** The page of the rollout; `report`: what the service answers in place of its own. */
async function open(report: ShadowReport | null = null, options = {}): Promise<Page> {
  const page = await openPage(browser, scene, '#/timeline', options)
  if (report !== null) await page.route('**/api/shadow/report*', (route) => route.fulfill({ json: report }))
  await page.getByRole('link', { name: 'Rollout' }).click()
  await page.getByRole('heading', { level: 1, name: 'Rollout' }).waitFor()
  return page
}

describe('the rollout', () => {
  it('says which stage stands, who is live, and what the gate to the next one asks for', async () => {
    const page = await open()
    expect(await page.locator('.stages [aria-current=step]').innerText()).toMatch(
      /4 cutover[\s\S]*The ticks are live/,
    )
    await page.getByRole('heading', { name: 'The gate to stage 5: cleanup' }).waitFor()
    const line = page.getByRole('row').filter({ hasText: 'stages are not skipped' })
    expect((await line.innerText()).replaceAll(/\s+/g, ' ')).toMatch(/from stage 4 to 5 asked for 5 – passes/)
    const unknown = page.getByRole('row').filter({ hasText: 'the health check answers' })
    expect(await unknown.innerText()).toContain('not known yet')
  })

  it('has the commands to go on and back, to be copied', async () => {
    const page = await open(null, { permissions: ['clipboard-read', 'clipboard-write'] })
    await page.getByRole('button', { name: 'Copy: Back to the legacy path' }).click()
    await page.locator('#notice').getByText('Copied: npm run rollout -- rollback --apply --local').waitFor()
  })

  it('says that no shadow runs, and what would start one', async () => {
    const page = await open()
    await page.getByText('No path runs in the shadow of the other').waitFor()
  })
})

describe('a difference between both paths', () => {
  it('shows both sides next to each other, with what differs marked', async () => {
    const other = { count: 2, digest: 'e'.repeat(64), first: [] }
    const page = await open(
      reportWith([
        { verdict: 'intents_differ', legacy: side('legacy'), tick: side('tick', { intents: other }) },
      ]),
    )
    const [legacy, tick] = await page.locator('.side').all()
    expect(await legacy!.locator('h4').innerText()).toBe('Legacy')
    expect(await legacy!.locator('.differs').allInnerTexts()).toEqual(['1 effect (dddddddddddd)'])
    expect(await tick!.locator('.differs').allInnerTexts()).toEqual(['2 effects (eeeeeeeeeeee)'])
    const boxes = [await legacy!.boundingBox(), await tick!.boundingBox()]
    expect(boxes[0]!.y).toBe(boxes[1]!.y)
  })

  it('says why one side did not run', async () => {
    const skipped = side('tick', { run: null, scheduled_for: null, started_at: null, skip_reason: 'expired' })
    const page = await open(reportWith([{ verdict: 'only_legacy', legacy: side('legacy'), tick: skipped }]))
    await page.getByText('No run: skipped (expired)').waitFor()
    await page.getByRole('heading', { name: 'ran on the legacy path alone' }).waitFor()
  })

  it('is counted, and what was set aside is counted apart', async () => {
    const page = await open(reportWith([]))
    await page.getByText('77.77 % agree').waitFor()
    await page.getByText('3 set aside: 3 by overlap').waitFor()
    await page.getByText('1 would have done other things outside').waitFor()
  })

  it('shows an error as text, whatever it holds', async () => {
    const failed = side('tick', { status: 'failed', error: SCRIPT })
    const page = await open(
      reportWith([{ verdict: 'outcome_differs', legacy: side('legacy'), tick: failed }]),
    )
    await page.getByText(SCRIPT).waitFor()
    expect(await page.title()).toContain('Rollout')
    expect(await page.locator('.side img').count()).toBe(0)
  })

  it('can be read on a phone and by everybody, in light and dark', async () => {
    const example: Example = { verdict: 'late', legacy: side('legacy'), tick: side('tick') }
    const page = await open(reportWith([example]), { viewport: { width: 360, height: 780 } })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await seriousFlaws(page)).toEqual([])
    }
  })
})
