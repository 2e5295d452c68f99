import { z } from 'zod'
import { TickoverError } from '../errors.ts'
import type { Cursor, Stored } from '../store/documents.ts'

const id = z.string().min(1).max(1000)
const names = z.tuple([z.string().max(1000), id])
const instants = z.tuple([z.number().min(-8.64e15).max(8.64e15), id])

/** The place after this job in a listing by name, as text for a URL. */
export function writeCursor({ ref, fields }: Stored): string {
  return write([fields.name, ref.id])
}

/** The place that such a text names; throws `TickoverError('bad_request')` for any other text. */
export function readCursor(text: string): Cursor {
  return read(names, text)
}

/** A place in a listing by time, as text for a URL. */
export function writePlace({ value, id: of }: Cursor): string {
  return write([value, of])
}

/** The place that such a text names; throws `TickoverError('bad_request')` for any other text. */
export function readPlace(text: string): Cursor {
  return read(instants, text)
}

function write(place: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function read(shape: z.ZodType<[string | number, string]>, text: string): Cursor {
  try {
    const [value, of] = shape.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    return { value, id: of }
  } catch {
    const problems = [{ field: 'cursor', message: 'is not one that a listing gave' }]
    throw new TickoverError(
      'bad_request',
      'The cursor cannot be read. Take next_cursor of the page before.',
      { problems },
    )
  }
}
