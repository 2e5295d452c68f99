import type { Clock } from '../../functions/clock.ts'

interface Sleeper {
  readonly at: number
  readonly order: number
  readonly wake: () => void
}

/** Virtual time, shared by all instances: it moves on only when nothing is left to do at the present instant. */
export class Timeline {
  now: number
  #order = 0
  /** A binary heap, earliest first. */
  readonly #heap: Sleeper[] = []

  constructor(start: number) {
    this.now = start
  }

  /** Calls back at an instant. */
  at(instant: number, wake: () => void): void {
    push(this.#heap, { at: Math.max(instant, this.now), order: this.#order++, wake })
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true })
      this.at(this.now + ms, resolve)
    })
  }

  /** Runs until the instant; `step` is called after every event, and ends it all by answering true. */
  async run(until: number, step: () => boolean): Promise<void> {
    await settle()
    for (let first = this.#heap[0]; first !== undefined && first.at <= until; first = this.#heap[0]) {
      pop(this.#heap)
      this.now = first.at
      first.wake()
      await settle()
      if (step()) return
    }
    this.now = until
  }
}

/** The clock of one instance: off by `skew`. A dead instance never wakes. */
export function instanceClock(timeline: Timeline, skew: () => number, alive: () => boolean): Clock {
  return {
    now: () => timeline.now + skew(),
    async sleep(ms, signal) {
      await timeline.sleep(ms, signal)
      if (!alive()) await new Promise(() => {})
    },
  }
}

/** Lets every promise that can go on go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function before(a: Sleeper, b: Sleeper): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

function push(heap: Sleeper[], sleeper: Sleeper): void {
  let index = heap.push(sleeper) - 1
  while (index > 0) {
    const parent = (index - 1) >> 1
    if (!before(heap[index]!, heap[parent]!)) return
    ;[heap[index], heap[parent]] = [heap[parent]!, heap[index]!]
    index = parent
  }
}

function pop(heap: Sleeper[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  heap[0] = last
  for (let index = 0; ; ) {
    const left = 2 * index + 1
    let least = index
    for (const child of [left, left + 1])
      if (child < heap.length && before(heap[child]!, heap[least]!)) least = child
    if (least === index) return
    ;[heap[index], heap[least]] = [heap[least]!, heap[index]!]
    index = least
  }
}
