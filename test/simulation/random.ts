/** A seeded source of chance (mulberry32): the same seed, the same sequence. */
export interface Chance {
  /** From 0 up to 1. */
  next(): number
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  /** True in about `share` of the cases. */
  often(share: number): boolean
  pick<T>(list: readonly T[]): T
  /** A source of its own, so that what one part draws does not move the others. */
  fork(): Chance
}

export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    next,
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    often: (share) => next() < share,
    pick: (list) => list[Math.floor(next() * list.length)]!,
    fork: () => chance(Math.floor(next() * 2 ** 32)),
  }
}
