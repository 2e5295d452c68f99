/** Who makes a commit: entries and effects are its own when their owner begins with its name. */
export interface Actor {
  readonly name: string
  /**
   * `process`: ticks, loops, triggers, the door. `registrar`: a deploy or a service that says what its jobs are. `operator`:
   * somebody with a right to choose. `release`: an operator who takes runs from their holders. `target`: whoever completes
   * what it has accepted.
   */
  readonly as: 'process' | 'registrar' | 'operator' | 'release' | 'target'
  /** Is the clock of its process wrong? */
  readonly skewed: boolean
  /** Of a target: the hash of its token, and when it asked. */
  readonly completion?: { readonly token: string; readonly asked_at: number }
}
