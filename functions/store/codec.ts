import { Timestamp } from '@google-cloud/firestore'
import { type Fields, isInstant } from './documents.ts'

/** The fields as Firestore stores them: instants in its own time type, so that people and TTL policies can read them. */
export function encode(fields: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, encodeValue(value, name)]))
}

function encodeValue(value: unknown, name: string): unknown {
  if (typeof value === 'number') return isInstant(name) ? encodeInstant(value) : value
  if (Array.isArray(value)) return value.map((inner) => encodeValue(inner, ''))
  return isMap(value) ? encode(value) : value
}

/** An instant in Firestore's time type, which counts microseconds. */
export function encodeInstant(ms: number): Timestamp {
  const micros = Math.round((ms - Math.floor(ms)) * 1_000)
  const whole = Math.floor(ms) + (micros === 1_000 ? 1 : 0)
  const seconds = Math.floor(whole / 1_000)
  return new Timestamp(seconds, (whole - seconds * 1_000) * 1_000_000 + (micros % 1_000) * 1_000)
}

/** What Firestore holds, as JSON values. */
export function decode(data: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, decodeValue(value)]))
}

/** A value that JSON has no word for (bytes, a reference, a place on Earth, NaN) becomes a text that names its kind. */
function decodeValue(value: unknown): unknown {
  if (value instanceof Timestamp) return decodeInstant(value)
  if (Array.isArray(value)) return value.map(decodeValue)
  if (isMap(value)) return decode(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : `[${value}]`
  return typeof value === 'object' && value !== null ? `[${value.constructor.name}]` : value
}

/** Milliseconds since 1970, with a fraction where the store has one: a cursor made of it must not fall before it. */
export function decodeInstant({ seconds, nanoseconds }: Timestamp): number {
  return seconds * 1_000 + nanoseconds / 1_000_000
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

/** An update time as a version: a text that loses none of its nanoseconds. */
export function toVersion({ seconds, nanoseconds }: Timestamp): string {
  return `${seconds}.${String(nanoseconds).padStart(9, '0')}`
}

/** The update time that a version stands for; null for a text that this store never gave. */
export function fromVersion(version: string): Timestamp | null {
  const [, seconds, nanoseconds] = /^(\d{1,12})\.(\d{9})$/.exec(version) ?? []
  if (seconds === undefined || nanoseconds === undefined) return null
  return new Timestamp(Number(seconds), Number(nanoseconds))
}
