import { setTimeout as pause } from 'node:timers/promises'

const PATIENCE_MS = 10_000
const LOOK_MS = 10

/** Resolves once the question is answered with yes; rejects with `what` after 10 s of real time. */
export async function untilAsync(ask: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`Waited in vain until ${what}.`)
    await pause(LOOK_MS)
  }
}
