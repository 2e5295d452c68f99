import type { Config } from '../../config.ts'
import { parseInstant } from '../../schedule/instant.ts'
import { shadowReport } from '../../shadow/comparison.ts'
import type { ShadowReport } from '../../shadow/report.ts'
import type { Documents } from '../../store/documents.ts'
import type { Evidence, ShadowTotals } from '../evidence.ts'

/** What the comparison of both paths comes to over the window; null where nothing is compared. */
export async function shadowTotals(
  documents: Documents,
  config: Config,
  { since, until }: Evidence['window'],
): Promise<ShadowTotals | null> {
  const asked = { from: since, to: until, examples: 0 }
  const report = await shadowReport({ documents, config, now: until }, asked)
  return report.status === 'off' ? null : totalsOf(report)
}

function totalsOf({ since, complete, total }: ShadowReport): ShadowTotals {
  const { compared, agreement, verdicts } = total
  return {
    since: since === null ? null : (parseInstant(since)?.at ?? null),
    compared,
    pending: verdicts.pending,
    mismatches: compared - verdicts.match,
    agreement,
    complete,
    legacy: pathOf(total.legacy),
    tick: pathOf(total.tick),
  }
}

function pathOf({ lateness, first_attempt_errors }: ShadowReport['total']['tick']): ShadowTotals['tick'] {
  const { ended, failed } = first_attempt_errors
  return { lateness_p99_ms: lateness.p99_ms, ended, failed }
}
