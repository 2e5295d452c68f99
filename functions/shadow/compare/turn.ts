import { isJoined, type Pair } from './join.ts'

/**
 * The pairs between whose two starts the job's payload was changed, so that one side still had the old one: the pair
 * before agrees on the one, the pair after on the other.
 */
export function turnsOf(pairs: readonly Pair[]): ReadonlySet<Pair> {
  const joined = pairs
    .filter(isJoined)
    .map((pair) => ({
      pair,
      at: pair.live.scheduled_for,
      hashes: [pair.live.payload_hash, pair.shadow.payload_hash],
    }))
    .toSorted((a, b) => a.at - b.at)
  const agreed = joined.map(({ hashes: [live, shadow] }) => (live === shadow ? live : undefined))
  const turns = joined.filter(({ hashes }, n) => {
    const [before, after] = [agreed[n - 1], agreed[n + 1]]
    return before !== after && hashes.includes(before ?? '') && hashes.includes(after ?? '')
  })
  return new Set(turns.map(({ pair }) => pair))
}
