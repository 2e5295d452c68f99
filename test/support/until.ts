import { setImmediate as turn } from 'node:timers/promises'

const PATIENCE_MS = 10_000

/** Resolves once the condition holds; rejects with `what` after 10 s of real time. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`)
    await turn()
  }
}
