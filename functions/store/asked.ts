import {
  type Cursor,
  type Fields,
  isInstant,
  type Query,
  type Ref,
  type Selection,
  SHAPES,
} from './documents.ts'

/** In which order the documents of one collection are asked for, apart for each value of `field`. */
export interface Order {
  readonly collection: Ref['collection']
  readonly field: string
  /** The field that gives the order; null: the id does. */
  readonly by: string | null
  /** Is that field an instant? Else it is a text. */
  readonly isTimed: boolean
  readonly isDescending: boolean
}

/** What a query asks for, in the words that all stores share. */
export interface Asked {
  readonly order: Order
  readonly equals: string
  readonly upTo: number | undefined
  readonly after: Cursor | undefined
  readonly limit: number
}

/** A query of either kind, in full. */
export function askedOf(query: Query | Selection): Asked {
  const { equals, after, limit } = query
  const upTo = 'shape' in query ? query.upTo : undefined
  return {
    order: 'shape' in query ? orderOf(query.shape) : orderOfSelection(query),
    equals,
    upTo,
    after,
    limit,
  }
}

/** The order of a shape. */
export function orderOf(shape: Query['shape']): Order {
  const { collection, equals: field, order: by, ...rest } = SHAPES[shape]
  return { collection, field, by, isTimed: isInstant(by), isDescending: 'direction' in rest }
}

function orderOfSelection({ collection, field, order }: Selection): Order {
  return { collection, field, by: order ?? null, isTimed: order !== undefined, isDescending: false }
}

/** Where a document stands in the order; null when it is never in an answer. */
export function placeIn({ by, isTimed }: Order, id: string, fields: Fields): number | string | null {
  if (by === null) return id
  const value = fields[by]
  if (isTimed) return typeof value === 'number' ? value : null
  return typeof value === 'string' ? value : null
}
