import { z } from 'zod'
import { TickoverError } from '../errors.ts'
import type { Cursor, Stored } from '../store/documents.ts'

const shape = z.tuple([z.string().max(1000), z.string().min(1).max(1000)])

/** The place after this job in a listing by name, as text for a URL. */
export function writeCursor({ ref, fields }: Stored): string {
  return Buffer.from(JSON.stringify([fields.name, ref.id])).toString('base64url')
}

/** The place that such a text names; throws `TickoverError('bad_request')` for any other text. */
export function readCursor(text: string): Cursor {
  try {
    const [value, id] = shape.parse(JSON.parse(Buffer.from(text, 'base64url').toString()))
    return { value, id }
  } catch {
    const problems = [{ field: 'cursor', message: 'is not one that a listing gave' }]
    throw new TickoverError(
      'bad_request',
      'The cursor cannot be read. Take next_cursor of the page before.',
      { problems },
    )
  }
}
