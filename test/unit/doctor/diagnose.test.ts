import { describe, expect, test } from 'vitest'
import { diagnose } from '../../../scripts/doctor/diagnose.ts'
import type { CloudFacts, Facts } from '../../../scripts/doctor/facts.ts'
import type { Line } from '../../../scripts/doctor/line.ts'
import { gcloudTree, problemsOf } from '../../support/gcloud-tree.ts'
import { readShell } from '../../support/shell.ts'
import { NOW } from './cloud.ts'
import { evidence, goodFacts, UNSEEN } from './facts.ts'
import { FAULTS, qaFacts } from './faults.ts'

const tree = gcloudTree()

const wrongIn = (facts: Facts): Line[] => diagnose(facts).filter(({ verdict }) => verdict !== 'ok')
const whats = (lines: readonly Line[]) => lines.map(({ what }) => what)

/** Every look, as facts in which it alone was refused. */
function refusals(facts: Facts): (readonly [string, Facts])[] {
  const own = Object.entries(facts)
    .filter(([, value]) => isSeen(value))
    .map(([name]) => [name, { ...facts, [name]: UNSEEN }] as const)
  const { cloud } = facts
  const far = Object.entries(cloud ?? {})
    .filter(([, value]) => isSeen(value))
    .map(([name]) => [name, { ...facts, cloud: { ...cloud, [name]: UNSEEN } as CloudFacts }] as const)
  return [...own, ...far]
}

/** The same, with every look refused. */
function unseen<T extends object>(facts: T): T {
  const refused = Object.entries(facts).map(([name, value]) => [name, isSeen(value) ? UNSEEN : value])
  return Object.fromEntries(refused) as T
}

function isSeen(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'ok' in value
}

describe('the diagnosis', () => {
  test('finds nothing where nothing is wrong, and looked at every group', async () => {
    const lines = diagnose(await goodFacts())
    expect(lines.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    expect(lines.every(({ mend }) => mend === null)).toBe(true)
    expect(new Set(lines.map(({ group }) => group))).toEqual(
      new Set(['flags', 'service', 'access', 'store', 'scheduler', 'jobs', 'clocks', 'monitoring']),
    )
  })

  test('finds nothing in qa without a channel, which its tfvars name on purpose, nor in an alert that is off by choice', async () => {
    const facts = await qaFacts(({ policies: [first, ...others] }) => {
      if (first === undefined) throw new Error('There is no policy.')
      const labels = { ...first.userLabels, off: 'chosen' }
      const policies = [{ ...first, enabled: false, userLabels: labels }, ...others]
      return { channels: [], policies: policies.map((one) => ({ ...one, notificationChannels: [] })) }
    })
    expect(wrongIn(facts)).toEqual([])
    const seen = new Map(diagnose(facts).map((line) => [line.what, line.seen]))
    expect(seen.get('somebody hears the alerts')).toMatch(/^no channel is named, as qa.tfvars has it/)
    expect(seen.get('the alerts are switched on')).toMatch(/; off by choice: success_rate_low$/)
  })

  test('finds nothing in a lane that had no tick to get, as on a Saturday of office hours', async () => {
    const idle = { lane: 'low', expected: 0, recorded: 0, failed: 0, failed_last: 0 }
    const lately = { evidence: evidence({ ticks: [idle] }), asked_at: NOW, answered_at: NOW }
    expect(wrongIn(await goodFacts({ lately: { ok: true, value: lately } }))).toEqual([])
  })

  test('is the same for the same facts, also once they went through JSON', async () => {
    const facts = await goodFacts()
    expect(diagnose(JSON.parse(JSON.stringify(facts)))).toEqual(diagnose(facts))
  })

  test('calls nothing well that could not be seen: each look that is refused makes lines unknown, and never bad', async () => {
    const facts = await goodFacts()
    const [good, cases] = [diagnose(facts), refusals(facts)]
    expect(cases.length).toBeGreaterThan(20)
    for (const [name, refused] of cases) {
      const lines = diagnose(refused)
      const unknown = lines.filter(({ verdict }) => verdict === 'unknown')
      expect([name, wrongIn(refused).length, unknown.length > 0]).toEqual([name, unknown.length, true])
      expect(whats(lines.filter(({ verdict }) => verdict === 'ok'))).toEqual(
        whats(good).filter((what) => lines.some((line) => line.what === what && line.verdict === 'ok')),
      )
    }
  })

  test('of nothing at all is unknown throughout', async () => {
    const facts = await goodFacts()
    const lines = diagnose({ ...unseen(facts), cloud: facts.cloud === null ? null : unseen(facts.cloud) })
    expect(lines.length).toBeGreaterThan(20)
    expect(new Set(lines.map(({ verdict }) => verdict))).toEqual(new Set(['unknown']))
    expect(new Set(lines.map(({ seen }) => seen))).toEqual(new Set(['PERMISSION_DENIED']))
  })
})

describe('a fault', () => {
  test.each(FAULTS)('shows in its line alone, with what mends it: $name', async ({ facts, lines }) => {
    const found = wrongIn(await facts())
    expect(found.map(({ what, verdict }) => `${verdict} ${what}`)).toEqual(lines.map(([line]) => line))
    for (const [index, [, told, mend]] of lines.entries()) {
      expect(found[index]?.seen).toMatch(told)
      if (mend === null) expect(found[index]?.mend).toBeNull()
      else expect(found[index]?.mend).toMatch(mend)
    }
  })

  test.skipIf(tree === null)('is mended by commands that gcloud knows, with every flag', async () => {
    const mends = (await Promise.all(FAULTS.map(({ facts }) => facts()))).flatMap((facts) => wrongIn(facts))
    const commands = mends.flatMap(({ mend }) => readShell(mend ?? '').commands)
    const gcloud = commands.filter(([program]) => program === 'gcloud')
    expect(gcloud.length).toBeGreaterThan(20)
    expect(gcloud.flatMap((words) => (tree === null ? [] : problemsOf(tree, words.slice(1))))).toEqual([])
    expect(new Set(commands.map(([program]) => program))).toEqual(
      new Set(['gcloud', 'npm', 'terraform', 'curl', 'sudo']),
    )
  })
})
