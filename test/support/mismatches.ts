import type { Mismatch } from '../../functions/shadow/compare/judge.ts'
import type { JobReport, ShadowReport } from '../../functions/shadow/report.ts'
import { IGNORABLE } from '../../functions/shadow/rules.ts'

/** What a report has of a job beside matches, in the order of these names in the product. */
export function mismatchesOf(report: ShadowReport, name: string): (Mismatch | 'pending' | 'ignored')[] {
  const { verdicts } = jobOf(report, name)
  return [...IGNORABLE, 'pending' as const, 'ignored' as const].filter((verdict) => verdicts[verdict] > 0)
}

/** What a report says of a job. */
export function jobOf(report: ShadowReport, name: string): JobReport {
  const found = report.jobs.find(({ job }) => job === name)
  if (found === undefined) throw new Error(`The report does not have ${name}`)
  return found
}
