import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openBrowser } from '../support/browser.ts'
import { NOW, openScene } from '../support/page-scene.ts'
import { reportWith, side } from '../support/shadow-example.ts'

// Takes the README's pictures of the page: `npm run page:pictures`.

const FOLDER = join(import.meta.dirname, '../../docs/page')
const WIDE = { width: 1360, height: 900 }
const LATER = new Date(NOW + 4_000).toISOString()
const PHONE = { width: 360, height: 780 }

const scene = await openScene()
const browser = await openBrowser()
try {
  await mkdir(FOLDER, { recursive: true })
  for (const theme of ['light', 'dark'] as const) {
    await take(`jobs-${theme}`, theme, WIDE, '#/jobs')
    await take(`job-${theme}`, theme, WIDE, '#/job/ledger-reconciliation')
  }
  await take('timeline-light', 'light', WIDE, '#/timeline')
  await take('timeline-dark', 'dark', WIDE, '#/timeline')
  await take('timeline-phone', 'light', PHONE, '#/timeline')
  await take('rollout-light', 'light', WIDE, '#/rollout')
  await take('rollout-dark', 'dark', WIDE, '#/rollout')
  await take('comparison-light', 'light', WIDE, '#/rollout', async (page) => {
    const mails = side('tick', {
      intents: { count: 2, digest: 'e4a1'.repeat(16), first: [] },
      started_at: LATER,
    })
    const report = reportWith([
      { verdict: 'intents_differ', legacy: side('legacy'), tick: mails },
      {
        verdict: 'only_legacy',
        legacy: side('legacy'),
        tick: side('tick', { run: null, started_at: null, status: null, intents: null }),
      },
    ])
    await page.route('**/api/shadow/report*', (route) => route.fulfill({ json: report }))
    await page.getByRole('link', { name: 'Timeline' }).click()
    await page.getByRole('heading', { level: 1, name: 'Timeline' }).waitFor()
    await page.getByRole('link', { name: 'Rollout' }).click()
    await page.locator('.side').first().waitFor()
    await page.locator('.side').first().scrollIntoViewIfNeeded()
  })
  await take('jobs-phone', 'light', PHONE, '#/jobs')
  await take('job-phone', 'dark', PHONE, '#/job/payout-batches')
  await take('schedule-light', 'light', WIDE, '#/job/payout-batches', async (page) => {
    await page.getByRole('button', { name: 'Change schedule' }).click()
    await page.getByLabel('Cron expression').fill('30 2 * * *')
    await page.locator('dialog li').first().waitFor()
  })
} finally {
  await browser.close()
  await scene.close()
}

/** One picture: the whole page, as it is at the scene's time. */
async function take(
  name: string,
  colorScheme: 'light' | 'dark',
  viewport: { width: number; height: number },
  place: string,
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<void> {
  const context = await browser.newContext({ colorScheme, viewport, timezoneId: 'Europe/Berlin' })
  const page = await context.newPage()
  await page.clock.install({ time: NOW })
  await page.goto(`${scene.url}${place}`)
  await page.locator('#view:not([aria-busy=true]) h1').waitFor()
  await prepare(page)
  await page.screenshot({
    path: join(FOLDER, `${name}.png`),
    fullPage: viewport === WIDE && !/^(jobs|comparison|schedule)-/.test(name),
  })
  await context.close()
}
