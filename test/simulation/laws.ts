/** The laws of the design, by the names under which a violation is told. */
export const LAWS = {
  1: 'law 1: at most max_instances entries per job, at most one holder per run',
  2: 'law 2: every occurrence ends in exactly one recorded outcome',
  3: 'law 3: with an old fence nothing is settled, renewed, begun or recorded',
  4: 'law 4: an effect recorded as done is never performed again',
  5: 'law 5: each attempt is made by the path that the stage gives it, and two paths never hold one run',
  6: 'law 6: a run in shadow performs no effect and changes no live document',
  8: 'law 8: after a crash nothing waits for ever, the poisoned end, the damaged hinder nobody',
  9: 'law 9: planning and leases follow the store’s clock',
  choice: 'an operator’s choice outlives every registration',
} as const
export type Law = keyof typeof LAWS

/** A law that did not hold, and when. */
export interface Violation {
  readonly law: Law
  readonly at: number
  readonly what: string
}
