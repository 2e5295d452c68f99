/** A stretch of time, both ends included (ms). */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** Finds a stretch that covers an instant: of those that have begun, the one that ends last. A look costs one binary search. */
export function covering<T extends Stretch>(stretches: readonly T[]): (at: number) => T | undefined {
  const sorted = stretches.toSorted((a, b) => a.from - b.from)
  const longest: T[] = []
  for (const one of sorted) {
    const before = longest.at(-1)
    longest.push(before !== undefined && before.to > one.to ? before : one)
  }
  return (at) => {
    const found = longest[begunBy(sorted, at) - 1]
    return found !== undefined && at <= found.to ? found : undefined
  }
}

/** How many of the sorted stretches have begun at the instant. */
function begunBy(sorted: readonly Stretch[], at: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle]?.from ?? Number.POSITIVE_INFINITY) <= at) low = middle + 1
    else high = middle
  }
  return low
}
