import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newRun, runFields, withOutcome } from '../../functions/job/run.ts'
import type { Change } from '../../functions/store/documents.ts'
import { openBrowser } from '../support/browser.ts'
import { idleJob } from '../support/page-jobs.ts'
import { NOW, openScene, type Scene } from '../support/page-scene.ts'
import { openPage } from '../support/page-view.ts'

/** A name can be the id of a document, so it has no slash. */
const NAME = '<img src=x onerror=hacked=1>'
const SCRIPT = `"'><img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`
/** Each field has a text of its own, so that the page can be asked for each. */
const evil = (field: string) => `${field}: ${SCRIPT}`

/** It names a record, too. */
const RUN = evil('run').replaceAll('/', ' ')

const FIELDS = [
  'display name',
  'description',
  'job type',
  'lane',
  'config',
  'last error',
  'run',
  'owner',
  'trouble',
]
const OVERRIDE = ['override by', 'override reason', 'registered']
const RECORD = ['error', 'attempt error', 'attempt owner', 'user', 'skip reason']
const AUDIT = ['action', 'actor', 'reason', 'before', 'after']

let scene: Scene
let browser: Browser
beforeAll(async () => {
  ;[scene, browser] = await Promise.all([openScene(), openBrowser()])
  await plant(scene)
})
afterAll(async () => {
  await browser.close()
  await scene.close()
})

describe('a stored script', () => {
  it('is shown as text in every free-text field of a job, and never runs', async () => {
    const { page, broken } = await watched(`#/job/${encodeURIComponent(NAME)}`)
    await page.getByRole('link', { name: 'Show skipped' }).click()
    await page.locator('.skipped').waitFor()
    await page.locator('.opener').first().click()
    await page.evaluate(`for (const one of document.querySelectorAll('details')) one.open = true`)
    const text = await page.locator('body').innerText()
    for (const field of [...FIELDS, ...OVERRIDE, ...RECORD, ...AUDIT]) expect(text).toContain(asShown(field))
    expect(text).toContain(NAME)
    expect(await page.locator('#view img, #view script').count()).toBe(0)
    expect(await page.evaluate(`'hacked' in window`)).toBe(false)
    expect(broken()).toEqual([])
  })

  it('is shown as text in the list, in a dialog, and in what an action answers', async () => {
    const { page, broken } = await watched('#/jobs')
    await page.getByText(evil('display name')).waitFor()
    await page.getByRole('link', { name: evil('display name') }).click()
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await page.getByRole('heading', { name: `Pause ${NAME}?` }).waitFor()
    await page.getByLabel('Reason').fill(SCRIPT)
    await page.locator('dialog button[type=submit]').click()
    await page.locator('#notice').getByText(NAME).waitFor()
    expect(await page.evaluate(`'hacked' in window`)).toBe(false)
    expect(broken()).toEqual([])
  })

  it('would not run even if it became markup: the policy stops it', async () => {
    const { page, broken } = await watched('#/jobs')
    const thrown = await page.evaluate<string[]>(`[
      () => Reflect.set(document.body, 'innerHTML', '<img src=x>'),
      () => document.createElement('img').setAttribute('onerror', 'window.hacked=1'),
    ].map((attempt) => {
      try {
        return String(attempt())
      } catch (error) {
        return String(error)
      }
    })`)
    for (const text of thrown) expect(text).toContain('Trusted')
    await expect.poll(broken).toContain('require-trusted-types-for')
    expect(await page.evaluate(`'hacked' in window`)).toBe(false)
  })
})

describe('the files of the page', () => {
  it('come under the strict policy, and are asked for again only by their tag', async () => {
    const first = await fetch(scene.url)
    const policy = first.headers.get('content-security-policy') ?? ''
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      expect(policy).toContain(part)
    expect(policy).not.toContain('unsafe')
    expect(first.headers.get('cache-control')).toBe('no-cache')
    const tag = first.headers.get('etag') ?? ''
    const again = await fetch(scene.url, { headers: { 'if-none-match': tag } })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it('are those of the page alone', async () => {
    for (const path of ['nothing.js', 'tsconfig.json', 'shapes.d.ts', '..%2fpage.ts', '%2e%2e%2faudit.ts']) {
      expect((await fetch(`${scene.url}/${path}`)).status).toBe(404)
    }
    expect((await fetch(`${scene.url}/main.js`)).headers.get('content-type')).toContain('text/javascript')
  })

  it('ask no other host', async () => {
    const hosts = new Set<string>()
    const page = await openPage(browser, scene, '#/jobs', {}, async (fresh) => {
      fresh.on('request', (request) => hosts.add(new URL(request.url()).host))
    })
    await page.getByRole('link', { name: 'Rollout' }).click()
    await page.getByRole('heading', { level: 1, name: 'Rollout' }).waitFor()
    expect(hosts).toEqual(new Set([new URL(scene.url).host]))
  })
})

/** JSON escapes the quotes of what it holds. */
function asShown(field: string): string {
  if (field === 'run') return RUN
  const isJson = ['config', 'before', 'after'].includes(field)
  return isJson ? JSON.stringify(evil(field)).slice(1, -1) : evil(field)
}

/** A page whose broken policies are heard of, by the directive that was broken. */
async function watched(place: string): Promise<{ page: Page; broken: () => readonly string[] }> {
  const broken: string[] = []
  const page = await openPage(browser, scene, place, {}, async (fresh) => {
    await fresh.exposeFunction('heard', (directive: string) => void broken.push(directive))
    await fresh.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => heard(event.effectiveDirective))`,
    )
  })
  return { page, broken: () => broken }
}

/** A job, a run, a skipped range and an audit entry that carry a script wherever somebody may have written. */
async function plant({ put, plant: store, job }: Scene): Promise<void> {
  const entry = {
    run: RUN,
    state: 'running',
    fence: 3,
    attempt: 1,
    owner: evil('owner'),
    path: 'tick',
    until: NOW + 1e6,
    scheduled_for: NOW,
    began_at: NOW,
    give_backs: 0,
    died: false,
    trouble: evil('trouble'),
    token: null,
  } as const
  const chosen = { by: evil('override by'), at: NOW, reason: evil('override reason') }
  await put(
    idleJob(NAME, {
      display_name: evil('display name'),
      description: evil('description'),
      job_type: evil('job type'),
      lane: evil('lane'),
      payload: JSON.stringify({ note: evil('config') }),
    }),
    {
      entries: [entry],
      last_run: {
        run: 'r',
        outcome: 'failed',
        began_at: NOW,
        ended_at: NOW,
        error: evil('last error'),
        failures: 1,
        failing_since: NOW,
      },
      overrides: {
        enabled: null,
        schedule: {
          ...chosen,
          registered: { kind: 'cron', expression: evil('registered'), time_zone: 'UTC' },
        },
      },
    },
  )
  const stored = await job(NAME)
  const asked = { by: 'manual', user: evil('user') } as const
  const begun = newRun(stored, { ...entry, run: `${NAME}:1`, owner: evil('attempt owner') }, NOW, { asked })
  const run = withOutcome(begun, { kind: 'failed', error: evil('error'), items: null }, 'fail', NOW + 1)
  const attempts = run.attempts.map((attempt) => ({ ...attempt, error: evil('attempt error') }))
  await store(create('scheduler_runs', run.id, runFields({ ...run, attempts })))
  const skip = {
    job: NAME,
    status: 'skipped',
    scheduled_for: NOW - 1,
    listed_at: NOW - 1,
    first_at: NOW - 1,
    last_at: NOW,
    count: 2,
  }
  await store(create('scheduler_runs', `${NAME}:2`, { ...skip, reason: evil('skip reason') }))
  const said = { action: evil('action'), actor: evil('actor'), reason: evil('reason') }
  const states = { before: { note: evil('before') }, after: { note: evil('after') } }
  await store(create('scheduler_audit', 'evil', { ...said, ...states, at: NOW, subject: NAME }))
}

function create(
  collection: 'scheduler_runs' | 'scheduler_audit',
  id: string,
  fields: Record<string, unknown>,
): Change {
  return { kind: 'create', ref: { collection, id }, fields }
}
