import { digestOf } from '../job/digest.ts'
import type { Acts, Intent, Intents } from '../job/outcome.ts'

/** An effect as a handler or a report names it; `input` is data. */
export interface Ask {
  readonly key: string
  readonly input: unknown
}

/** The most effects of one attempt that are told apart, and the most that a record shows. */
const MOST_ASKED = 10_000
const MOST_SHOWN = 20

/** The intents of a list of effects, in whatever order they were asked for; under one key they are one, the last. */
export function intentsOf(asked: readonly Ask[]): Intents {
  return summary([...new Map(asked.map((ask) => [ask.key, intentOf(ask)])).values()])
}

/** Notes what one attempt asks for, and whether an effect failed. */
export class Notes {
  readonly #asked = new Map<string, Intent>()
  #failed = false
  #performed = 0

  /** Notes an effect; of one that is asked for again, the last input counts. */
  asked(ask: Ask): void {
    if (this.#asked.size < MOST_ASKED || this.#asked.has(ask.key)) this.#asked.set(ask.key, intentOf(ask))
  }

  performed(): void {
    this.#performed += 1
  }

  failed(): void {
    this.#failed = true
  }

  acts(): Acts {
    const intents = summary([...this.#asked.values()])
    return { intents, effect_failed: this.#failed, performed: this.#performed }
  }
}

function intentOf({ key, input }: Ask): Intent {
  return { key, hash: digestOf(canonical(input)) }
}

function summary(intents: readonly Intent[]): Intents {
  const sorted = intents.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const digest = digestOf(JSON.stringify(sorted.map(({ key, hash }) => [key, hash])))
  return { count: sorted.length, digest, first: sorted.slice(0, MOST_SHOWN) }
}

/** JSON with the names in order, so that equal data has equal text; what is no data at all has none. */
function canonical(input: unknown): string {
  try {
    return JSON.stringify(input, (_, value: unknown) => sortedNames(value)) ?? 'nothing'
  } catch {
    return 'not data'
  }
}

function sortedNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
