import type { Evidence, Reading } from '../evidence.ts'
import { duration, type Finding } from './finding.ts'

/** What a line over a part of the stage has to rest on, at least. */
const LEAST_SECONDS = 86_400

/** From when on (ms) everything was read that counts. */
export function readFrom({ read_from, window }: Evidence, reads: readonly Reading[]): number {
  const { ticks, runs } = read_from ?? { ticks: window.since, runs: window.since }
  return Math.max(
    window.since,
    ...(reads.includes('ticks') ? [ticks] : []),
    ...(reads.includes('runs') ? [runs] : []),
  )
}

/**
 * The finding with what it rests on. What was not read could only make it worse, so that over less than a day, or less than a
 * younger stage as a whole, it fails but does not pass; and nor does it where something was cut off.
 */
export function withReach(finding: Finding, evidence: Evidence, reads: readonly Reading[]): Finding {
  return withCut(withSpan(finding, evidence, reads), evidence, reads)
}

function withSpan(finding: Finding, evidence: Evidence, reads: readonly Reading[]): Finding {
  const { window, stage_since } = evidence
  const from = readFrom(evidence, reads)
  if (!reads.some(isSpan) || from <= (stage_since ?? window.since)) return finding
  const seconds = (window.until - from) / 1000
  const measured = `${finding.measured}, over the last ${duration(seconds)}`
  if (seconds >= LEAST_SECONDS || finding.verdict !== 'pass') return { ...finding, measured }
  return { ...finding, measured: `${measured}; needs 24 h`, verdict: 'inconclusive' }
}

function isSpan(reading: Reading): boolean {
  return reading === 'ticks' || reading === 'runs'
}

function withCut(finding: Finding, { cut_off }: Evidence, reads: readonly Reading[]): Finding {
  const cut = cut_off.filter((reading) => reads.includes(reading))
  if (cut.length === 0 || finding.verdict !== 'pass') return finding
  const told = cut.map((reading) => CUT[reading]).join(' and ')
  return { ...finding, measured: `${finding.measured}; ${told} than are read`, verdict: 'inconclusive' }
}

const CUT = { jobs: 'there are more jobs', audit: 'there are more records of refused reports' } as const
