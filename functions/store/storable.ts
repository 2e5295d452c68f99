import { TickoverError } from '../errors.ts'
import { type Fields, isInstant } from './documents.ts'

/** The most bytes of one document's fields: Firestore's 1 MiB, less what it adds for the document's name and for itself. */
const MOST_BYTES = 1_040_000
const MOST_LEVELS = 20
/** The longest name of a field, in UTF-8 bytes. */
export const MOST_NAME_BYTES = 1_500
/** The first and the last instant that Firestore's time type can hold: years 1 to 9999. */
const INSTANTS = { first: -62_135_596_800_000, last: 253_402_300_799_999 } as const

/** Fields that every store can hold, frozen and shared with nobody, and their size in bytes. */
export interface Storable {
  readonly fields: Fields
  readonly bytes: number
}

/** Copies the fields as every store holds them. Throws `bad_request`, naming the field, for what one of them could not. */
export function storable(fields: Fields): Storable {
  const weight = { bytes: 0 }
  const copied = copyMap(fields, [], weight)
  if (weight.bytes > MOST_BYTES) throw refusal([], `is over ${MOST_BYTES} bytes: shorten its texts`)
  return { fields: copied, bytes: weight.bytes }
}

/** Is this a name that Firestore keeps for itself? `__proto__` is one of them. */
export function isReserved(name: string): boolean {
  return /^__.*__$/s.test(name)
}

/** Is this an instant that every store can hold? */
export function isStorableInstant(value: number): boolean {
  return value >= INSTANTS.first && value <= INSTANTS.last
}

type Path = readonly (string | number)[]
interface Weight {
  bytes: number
}

function copy(value: unknown, path: Path, weight: Weight): unknown {
  if (path.length > MOST_LEVELS)
    throw refusal(path, `stands deeper than ${MOST_LEVELS} levels, or holds itself`)
  if (typeof value === 'string') return copyText(value, weight)
  if (typeof value === 'number') return copyNumber(value, path, weight)
  if (Array.isArray(value)) return copyArray(value, path, weight)
  if (value === null || typeof value === 'boolean') {
    weight.bytes += 1
    return value
  }
  return copyMap(value, path, weight)
}

function copyText(text: string, weight: Weight): string {
  weight.bytes += Buffer.byteLength(text) + 1
  return text.isWellFormed() ? text : text.toWellFormed()
}

function copyNumber(value: number, path: Path, weight: Weight): number {
  weight.bytes += 8
  if (!Number.isFinite(value)) throw refusal(path, `is ${value}, which JSON has no word for`)
  if (isInstant(String(path.at(-1))) && !isStorableInstant(value))
    throw refusal(path, 'is no instant between the years 1 and 9999, in milliseconds')
  return value === 0 ? 0 : value
}

function copyArray(values: readonly unknown[], path: Path, weight: Weight): readonly unknown[] {
  if (typeof path.at(-1) === 'number')
    throw refusal(path, 'is an array directly in an array: put a map between')
  weight.bytes += 1
  return Object.freeze(Array.from(values, (value, n) => copy(value, [...path, n], weight)))
}

function copyMap(value: unknown, path: Path, weight: Weight): Fields {
  if (!isPlain(value)) throw refusal(path, `is ${describe(value)}: only JSON values can be stored`)
  const copied: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    const here = [...path, name]
    weight.bytes += checkName(name, here) + 1
    copied[name] = copy(inner, here, weight)
  }
  return Object.freeze(copied)
}

function checkName(name: string, path: Path): number {
  const bytes = Buffer.byteLength(name)
  if (bytes === 0 || bytes > MOST_NAME_BYTES)
    throw refusal(path, `has a name that is not 1 to ${MOST_NAME_BYTES} bytes`)
  if (isReserved(name)) throw refusal(path, 'has a name that the store keeps for itself (`__so__`)')
  if (!name.isWellFormed()) throw refusal(path, 'has a name that is not Unicode')
  return bytes
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `of type ${typeof value}`
  return `an instance of ${value.constructor.name}`
}

function refusal(path: Path, what: string): TickoverError {
  const field = path.length === 0 ? 'the document' : path.join('.').slice(0, 200)
  return new TickoverError('bad_request', `Cannot store this: ${field} ${what}.`, {
    problems: [{ field, message: what }],
  })
}
