import { setTimeout as pause } from 'node:timers/promises'

/** A machine that is busy with other tests may take this long to start a process; a test's own limit is longer. */
const PATIENCE_MS = 25_000
const LOOK_MS = 10

/** Resolves once the question is answered with yes; rejects with `what` after 25 s of real time. */
export async function untilAsync(ask: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`)
    await pause(LOOK_MS)
  }
}
