import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { NOW, type Scene } from './page-scene.ts'

/** Opens the scene's page at a place, at the scene's time in Berlin, and waits until it is drawn. */
export async function openPage(
  browser: Browser,
  scene: Pick<Scene, 'url'>,
  place: string,
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<void> = async () => {},
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 900 },
    timezoneId: 'Europe/Berlin',
    ...options,
  })
  context.setDefaultTimeout(5000)
  const page = await context.newPage()
  await prepare(page)
  await page.clock.install({ time: NOW })
  await page.goto(`${scene.url}${place}`)
  await page.locator('#view[aria-busy=false] h1').first().waitFor()
  return page
}
