/**
 * Exact bounds on a rate (Clopper and Pearson, Biometrika 26, 1934), each one-sided at 95 %: of `n` samples `bad` were
 * bad, so how bad is the whole? Both are whole numbers, 0 <= bad <= n.
 */

/** How often a bound may be wrong. */
const RISK = 0.05

/** The probability of at most `bad` bad ones among `n`, each being bad with probability `rate`. */
export function atMost(bad: number, n: number, rate: number): number {
  if (bad < 0) return 0
  if (bad >= n) return 1
  return beta(1 - rate, n - bad, bad + 1)
}

/** The rate is under this; 1 of no samples. */
export function upperBound(bad: number, n: number): number {
  return bad >= n ? 1 : crossing((rate) => atMost(bad, n, rate) < RISK)
}

/** The rate is over this; 0 of no samples. */
export function lowerBound(bad: number, n: number): number {
  return bad <= 0 ? 0 : crossing((rate) => 1 - atMost(bad - 1, n, rate) >= RISK)
}

/** Is the rate under `limit`, as far as 95 % tell? */
export function isUnder(limit: number, bad: number, n: number): boolean {
  return atMost(bad, n, limit) < RISK
}

/** Is the rate over `limit`, as far as 95 % tell? */
export function isOver(limit: number, bad: number, n: number): boolean {
  return bad > 0 && 1 - atMost(bad - 1, n, limit) < RISK
}

/** How many more samples, all of them clean, would show that the rate is under `limit` (0 < limit < 1). */
export function cleanNeeded(limit: number, bad: number, n: number): number {
  let enough = 1
  while (!isUnder(limit, bad, n + enough)) enough *= 2
  let least = isUnder(limit, bad, n) ? 0 : Math.floor(enough / 2) + 1
  while (least < enough) {
    const middle = Math.floor((least + enough) / 2)
    if (isUnder(limit, bad, n + middle)) enough = middle
    else least = middle + 1
  }
  return least
}

/** Where in (0, 1) a condition that holds from some rate on begins to hold. */
function crossing(holds: (rate: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (holds(middle)) high = middle
    else low = middle
  }
  return high
}

/** The regularised incomplete beta function, by its continued fraction on the side where that converges fast. */
function beta(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b))
  if (x > (a + 1) / (a + b + 2)) return 1 - (front * fraction(1 - x, b, a)) / b
  return (front * fraction(x, a, b)) / a
}

const MOST_TERMS = 10_000
const TINY = 1e-300

/** Lentz's method; about the root of the larger of `a` and `b` terms are needed. */
function fraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1))
  let value = d
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    let change = 1
    for (const term of [even, odd]) {
      d = 1 / awayFromZero(1 + term * d)
      c = awayFromZero(1 + term / c)
      change = c * d
      value *= change
    }
    if (Math.abs(change - 1) < 1e-15) break
  }
  return value
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value
}

/** The logarithm of (n - 1)! for whole n >= 1: Stirling's series, moved up to where it is exact to the last digits. */
function logGamma(n: number): number {
  let product = 1
  let at = n
  for (; at < 15; at++) product *= at
  const series = 1 / (12 * at) - 1 / (360 * at ** 3) + 1 / (1260 * at ** 5)
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product)
}
