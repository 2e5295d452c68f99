import type { Clock } from '../clock.ts'

/** Lets a pool sleep until something happens. A ring that nobody waits for is kept for the next who does. */
export class Bell {
  #rung = Promise.withResolvers<void>()

  ring(): void {
    this.#rung.resolve()
  }

  /** Resolves at the next ring, or after `ms`. */
  async wait(clock: Clock, ms: number): Promise<void> {
    const woken = new AbortController()
    await Promise.race([this.#rung.promise, clock.sleep(ms, woken.signal)])
    woken.abort()
    this.#rung = Promise.withResolvers<void>()
  }
}
