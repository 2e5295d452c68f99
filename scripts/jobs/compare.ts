import { createHash } from 'node:crypto'
import type { Fields, Stored } from '../../functions/store/documents.ts'

/** How a document of the source stands in the target: `ahead`, it has moved on there. */
export type Verdict = 'same' | 'missing' | 'differs' | 'ahead'

/** Compares a document with its copy. Fields that only the copy has were added there by hand, and are left alone. */
export function judge(source: Stored, target: Stored | null): Verdict {
  if (target === null) return 'missing'
  if (textOf(source.fields) === copyText(source, target)) return 'same'
  return isAhead(source, target) ? 'ahead' : 'differs'
}

/** One text for a document, whatever the order of its fields: equal texts, equal documents. */
export function textOf(fields: Fields): string {
  return JSON.stringify(fields, (_, value: unknown) => (isMap(value) ? sortedMap(value) : value))
}

/** That of the copy, as far as the source has its fields. */
export function copyText(source: Stored, target: Stored): string {
  const names = Object.keys(source.fields).filter((name) => name in target.fields)
  return textOf(Object.fromEntries(names.map((name) => [name, target.fields[name]])))
}

/** A hash over documents in the order in which they are added. */
export function tally(): { add(stored: Stored, text: string): void; hex(): string } {
  const hash = createHash('sha256')
  return {
    add: ({ ref }, text) => void hash.update(`${ref.collection}/${ref.id} ${text}\n`),
    hex: () => hash.copy().digest('hex').slice(0, 16),
  }
}

/** Has anything happened in the target that the source does not know? Fences and instants only grow. */
function isAhead({ fields: source }: Stored, { fields: target }: Stored): boolean {
  return ['fence', 'updated_at', 'finished_at', 'done_at', 'last_at'].some(
    (name) => numberOf(target[name]) > numberOf(source[name]),
  )
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : Number.NEGATIVE_INFINITY
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function sortedMap(map: Fields): Fields {
  return Object.fromEntries(
    Object.keys(map)
      .toSorted()
      .map((name) => [name, map[name]]),
  )
}
