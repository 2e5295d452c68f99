import type { Clock } from '../clock.ts'
import { checkedChanges, checkedQuery, checkRefs } from './checked.ts'
import type { Documents, Fields, Ref } from './documents.ts'
import { steadyTime } from './steady.ts'
import { storable } from './storable.ts'
import { table } from './table.ts'

/** A document that the memory begins with. */
export interface Initial {
  readonly ref: Ref
  readonly fields: Fields
}

/** Documents in the memory of this process, for development and tests. Gone when the process is; never out of reach. */
export function memoryDocuments(clock: Clock, initial: readonly Initial[] = []): Documents {
  let commits = 0
  const documents = table(
    initial.map(({ ref, fields }) => ({ ref, version: String(commits), fields: storable(fields).fields })),
  )
  const now = steadyTime(clock)
  return {
    get: async (refs) => {
      checkRefs(refs)
      return { value: refs.map((ref) => documents.get(ref)), time: now() }
    },
    query: async (query) => {
      const asked = checkedQuery(query)
      return { value: documents.query(asked), time: now() }
    },
    commit: async (changes) => {
      const version = String(commits + 1)
      const staged = documents.stage(checkedChanges(changes), version, new Map())
      if ('conflict' in staged) return { outcome: 'conflict', reason: staged.conflict }
      commits += 1
      documents.apply(staged.writes)
      return { outcome: 'done', time: now(), versions: staged.versions }
    },
    close: async () => {},
  }
}
