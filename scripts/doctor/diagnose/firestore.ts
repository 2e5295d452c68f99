import declared from '../../../firestore.indexes.json' with { type: 'json' }
import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { bad, type Found, judged, named, ok, warn } from '../line.ts'
import { keyOf } from '../look/answers/firestore.ts'
import { DATABASE } from '../look/commands.ts'
import type { Mends } from '../mends.ts'
import type { OfCloud } from './of-cloud.ts'

type Override = { readonly collectionGroup: string; readonly fieldPath: string; readonly ttl?: boolean }

const OVERRIDES: readonly Override[] = declared.fieldOverrides

/** The database, against what the code declares of it. */
export function firestoreLines(facts: OfCloud, mends: Mends): Found[] {
  return [
    ...databaseLines(facts),
    ...indexLines(facts, mends),
    ...ttlLines(facts, mends),
    ...exemptionLines(facts, mends),
  ]
}

function databaseLines({ cloud, where }: OfCloud): Found[] {
  const what = 'the database is protected'
  return judged(what, cloud.database, ({ type, has_delete_protection, has_recovery }) => {
    if (type !== 'FIRESTORE_NATIVE')
      return bad(what, `its type is ${type}; the function needs FIRESTORE_NATIVE`, null)
    const lacks = [
      ...(has_delete_protection ? [] : ['delete protection']),
      ...(has_recovery ? [] : ['point-in-time recovery']),
    ]
    if (lacks.length === 0) return ok(what, 'delete protection, point-in-time recovery')
    const flags = ['--delete-protection', '--enable-pitr', `--project=${where.project}`]
    return bad(
      what,
      `without ${named(lacks)}`,
      shellLine(['firestore', 'databases', 'update', DATABASE, ...flags]),
    )
  })
}

/** What Terraform declares is mended by Terraform: made by hand, it would stand in the way of the next apply. */
function indexLines({ cloud, where }: OfCloud, mends: Mends): Found[] {
  const what = 'every query has its index'
  return judged(what, cloud.indexes, (found) => {
    const wanted = declared.indexes.map(({ collectionGroup, fields }) => ({
      key: keyOf(collectionGroup, fields),
    }))
    const state = (key: string) => found.find((one) => one.key === key)?.state ?? null
    const missing = wanted.filter(({ key }) => state(key) === null)
    const broken = wanted.filter(({ key }) => ![null, 'READY', 'CREATING'].includes(state(key)))
    const building = wanted.filter(({ key }) => state(key) === 'CREATING')
    if (missing.length + broken.length > 0) {
      const told = [
        ...missing.map(({ key }) => `missing: ${key}`),
        ...broken.map(({ key }) => `${state(key)}: ${key}`),
      ]
      return bad(what, named(told, 2), mends.apply())
    }
    const told = `${wanted.length - building.length} of ${wanted.length} are ready`
    if (building.length > 0)
      return bad(
        what,
        `${told}; being built: ${named(
          building.map(({ key }) => key),
          2,
        )}`,
        operations(where.project),
      )
    const extra = found.filter(({ key }) => isOurs(key) && !wanted.some((one) => one.key === key))
    if (extra.length === 0) return ok(what, told)
    const list = shellLine([
      'firestore',
      'indexes',
      'composite',
      'list',
      DATABASE,
      `--project=${where.project}`,
    ])
    return warn(
      what,
      `${told}; not declared, and paid for with each write: ${named(
        extra.map(({ key }) => key),
        2,
      )}`,
      list,
    )
  })
}

function isOurs(key: string): boolean {
  return key.startsWith('scheduler_')
}

function operations(project: string): string {
  return shellLine(['firestore', 'operations', 'list', DATABASE, `--project=${project}`])
}

function ttlLines({ cloud, where }: OfCloud, mends: Mends): Found[] {
  const what = 'what has had its time is deleted'
  return judged(what, cloud.ttls, (found) => {
    const wanted = OVERRIDES.filter(({ ttl }) => ttl === true)
    const of = ({ collectionGroup, fieldPath }: Override) =>
      found.find((one) => one.collection === collectionGroup && one.field === fieldPath)?.ttl ?? null
    const missing = wanted.filter((one) => of(one) === null || of(one) === 'NEEDS_REPAIR')
    if (missing.length > 0) return bad(what, `no TTL on ${named(missing.map(pathOf))}`, mends.apply())
    const starting = wanted.filter((one) => of(one) !== 'ACTIVE')
    if (starting.length > 0)
      return warn(what, `being switched on: ${named(starting.map(pathOf))}`, operations(where.project))
    return ok(what, `TTL on ${wanted.length} of ${wanted.length} collections`)
  })
}

function exemptionLines({ cloud }: OfCloud, mends: Mends): Found[] {
  const what = 'no field has an index of its own'
  return judged(what, cloud.exemptions, (found) => {
    const wrong = OVERRIDES.filter(({ collectionGroup, fieldPath }) => {
      const own = found.find((one) => one.collection === collectionGroup && one.field === fieldPath)
      return own === undefined || own.indexes > 0
    })
    if (wrong.length === 0) return ok(what, `${OVERRIDES.length} of ${OVERRIDES.length} exemptions`)
    return bad(
      what,
      `indexed, which holds them to 500 writes a second: ${named(wrong.map(pathOf))}`,
      mends.apply(),
    )
  })
}

function pathOf({ collectionGroup, fieldPath }: Override): string {
  return `${collectionGroup}.${fieldPath}`
}
