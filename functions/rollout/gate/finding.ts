import { cleanNeeded, isOver, isUnder, lowerBound, upperBound } from '../binomial.ts'

/** `inconclusive`: too little is known. No data is never a pass. */
export type Verdict = 'pass' | 'fail' | 'inconclusive'

/** What one criterion asks for, and what there is. `samples`: over how many; null where nothing is counted. */
export interface Finding {
  readonly required: string
  readonly measured: string
  readonly samples: number | null
  readonly verdict: Verdict
}

/** There is nothing to judge by. */
export function unknown(required: string, measured: string): Finding {
  return { required, measured, samples: 0, verdict: 'inconclusive' }
}

/** A plain fact that is as it should be, or not. */
export function fact(
  required: string,
  measured: string,
  holds: boolean,
  samples: number | null = null,
): Finding {
  return { required, measured, samples, verdict: holds ? 'pass' : 'fail' }
}

/** Something that must not be at all: one is too many, and none of no samples says nothing. */
export function none(bad: number, samples: number, what: string): Finding {
  const verdict = bad > 0 ? 'fail' : samples === 0 ? 'inconclusive' : 'pass'
  return { required: '0', measured: `${bad} ${what}, over ${samples}`, samples, verdict }
}

/** A rate (0 to 1) that must be under `limit`: judged by exact bounds at 95 %. */
export function rateUnder(limit: number, bad: number, samples: number): Finding {
  const required = `under ${percent(limit)}`
  const measured = `${bad} of ${samples}`
  if (isUnder(limit, bad, samples)) {
    const bound = percent(upperBound(bad, samples), Math.ceil)
    return { required, measured: `${measured} (95 % sure: under ${bound})`, samples, verdict: 'pass' }
  }
  if (isOver(limit, bad, samples)) {
    const bound = percent(lowerBound(bad, samples), Math.floor)
    return { required, measured: `${measured} (95 % sure: over ${bound})`, samples, verdict: 'fail' }
  }
  const missing = `needs ${cleanNeeded(limit, bad, samples)} more clean samples`
  const bound = samples === 0 ? '' : ` (95 % sure: under ${percent(upperBound(bad, samples), Math.ceil)})`
  return { required, measured: `${measured}${bound}; ${missing}`, samples, verdict: 'inconclusive' }
}

/** A share as people read it, to a hundredth of a percent. */
export function percent(share: number, round: (value: number) => number = Math.round): string {
  // The inner rounding takes away what the multiplication added.
  return `${round(Number((share * 10_000).toPrecision(12))) / 100} %`
}

const UNITS = [
  ['days', 86_400],
  ['h', 3600],
  ['min', 60],
] as const

/** A duration as people read it, rounded down: `26.5 h`. */
export function duration(seconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => seconds >= 2 * size || seconds === size) ?? ['s', 1]
  return `${Math.floor((seconds / size) * 10) / 10} ${unit}`
}
