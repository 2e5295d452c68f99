/** What a bar measured, and whether that is enough. */
export interface Measured {
  readonly what: string
  readonly required: string
  readonly measured: string
  readonly passed: boolean
}

/** One bench: its name on the command line, what it shows, and the measurement. */
export interface Bench {
  readonly name: string
  readonly shows: string
  run(say: (line: string) => void): Promise<readonly Measured[]>
}

/** A ratio that has to reach a bar. */
export function atLeast(what: string, ratio: number, bar: number, detail: string): Measured {
  return { what, required: `>= ${bar}`, measured: `${ratio.toFixed(2)} (${detail})`, passed: ratio >= bar }
}

/** A number that must not exceed a bar. */
export function atMost(what: string, value: number, bar: number, detail: string): Measured {
  return { what, required: `<= ${bar}`, measured: `${round(value)} (${detail})`, passed: value <= bar }
}

/** The middle one of some measurements; of an even number the lower. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

/** How long the work took, in ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100)
}
