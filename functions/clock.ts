/** The process's own time, a parameter everywhere but in the composition root. */
export interface Clock {
  /** Milliseconds since 1970, by this machine. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` is or becomes aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}
