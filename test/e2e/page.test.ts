import { expect, it } from 'vitest'
import { newJob } from '../../functions/job/definition.ts'
import { toFields } from '../../functions/job/stored.ts'
import { openBrowser } from '../support/browser.ts'
import { idleJob } from '../support/page-jobs.ts'
import { NOW, openScene } from '../support/page-scene.ts'

it('the page stands within a second with a hundred rows', async () => {
  const [scene, browser] = await Promise.all([openScene(), openBrowser()])
  try {
    for (let n = 0; n < 120; n += 1) {
      const job = newJob(idleJob(`export-${n}`, { kind: 'one_off' }), NOW)
      const ref = { collection: 'scheduler_jobs', id: job.name } as const
      await scene.plant({ kind: 'create', ref, fields: toFields(job) })
    }
    const page = await browser.newPage()
    const took: number[] = []
    for (let n = 0; n < 3; n += 1) {
      await page.goto('about:blank')
      await page.goto(`${scene.url}#/jobs?kind=one_off`)
      await page.locator('tbody tr').nth(99).waitFor()
      took.push(await page.evaluate(() => performance.now()))
    }
    expect(Math.min(...took)).toBeLessThan(1000)
  } finally {
    await browser.close()
    await scene.close()
  }
})
