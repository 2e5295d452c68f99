import { z } from 'zod'
import { afterPart, parse } from './parse.ts'

const database = z.object({
  type: z.string(),
  deleteProtectionState: z.string().optional(),
  pointInTimeRecoveryEnablement: z.string().optional(),
})
const index = z.object({
  name: z.string(),
  state: z.string(),
  fields: z.array(z.object({ fieldPath: z.string(), order: z.string().default('') })),
})
const field = z.object({
  name: z.string(),
  ttlConfig: z.object({ state: z.string() }).optional(),
  indexConfig: z.object({ indexes: z.array(z.unknown()).default([]) }).optional(),
})

/** The database of the project. */
export interface Database {
  readonly type: string
  readonly has_delete_protection: boolean
  readonly has_recovery: boolean
}

/** A composite index. `key`: `scheduler_jobs lane ASCENDING claimable_at ASCENDING`; `state`: `READY` once it serves. */
export interface Index {
  readonly key: string
  readonly state: string
}

/** A field with settings of its own. `ttl`: the state of its TTL, null without one; `indexes`: single-field ones that it keeps. */
export interface FieldConfig {
  readonly collection: string
  readonly field: string
  readonly ttl: string | null
  readonly indexes: number
}

/** Reads `gcloud firestore databases describe`. */
export function readDatabase(text: string): Database {
  const { type, deleteProtectionState, pointInTimeRecoveryEnablement } = parse(database, text)
  return {
    type,
    has_delete_protection: deleteProtectionState === 'DELETE_PROTECTION_ENABLED',
    has_recovery: pointInTimeRecoveryEnablement === 'POINT_IN_TIME_RECOVERY_ENABLED',
  }
}

/** Reads `gcloud firestore indexes composite list`. */
export function readIndexes(text: string): readonly Index[] {
  return parse(z.array(index), text).map(({ name, state, fields }) => {
    // Firestore adds the document's name at the end by itself.
    const own = fields.filter(({ fieldPath }) => fieldPath !== '__name__')
    return { key: keyOf(afterPart(name, 'collectionGroups'), own), state }
  })
}

/** One name for an index, wherever it was written down. */
export function keyOf(collection: string, fields: readonly { fieldPath: string; order: string }[]): string {
  return [collection, ...fields.map(({ fieldPath, order }) => `${fieldPath} ${order}`)].join(' ')
}

/** Reads `gcloud firestore fields ttls list`, and `indexes fields list`. */
export function readFields(text: string): readonly FieldConfig[] {
  return parse(z.array(field), text).map(({ name, ttlConfig, indexConfig }) => ({
    collection: afterPart(name, 'collectionGroups'),
    field: afterPart(name, 'fields'),
    ttl: ttlConfig?.state ?? null,
    indexes: indexConfig?.indexes.length ?? 0,
  }))
}
