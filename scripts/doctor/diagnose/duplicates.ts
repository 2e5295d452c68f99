import catalog from '../../../infra/catalog.json' with { type: 'json' }
import { shellLine } from '../../rollout/cloud/gcloud.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, ok, unknown } from '../line.ts'

/** What was performed twice within the last day, by how it came to light. */
export function duplicateLines({ day, where }: Facts): Found[] {
  const what = 'nothing was performed twice in a day'
  return judged(what, day, ({ duplicates }) => {
    if (duplicates === null) return unknown(what, 'the service could not read its ticks')
    const { settled, effects, legacy_reports } = duplicates
    if (settled + effects + legacy_reports === 0) return ok(what, '0')
    const told = `${settled} runs, ${effects} effects, ${legacy_reports} reports of the legacy path`
    if (where.kind === 'local') return bad(what, told, null)
    const { filter } = catalog.metrics.duplicates
    const read = ['logging', 'read', filter, `--project=${where.project}`, '--freshness=1d', '--limit=20']
    return bad(what, told, shellLine(read))
  })
}
