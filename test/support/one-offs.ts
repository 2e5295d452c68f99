import { randomUUID } from 'node:crypto'
import { type Definition, newJob } from '../../functions/job/definition.ts'
import { DEFAULT_POLICIES, type Policies } from '../../functions/job/policies.ts'
import { toFields } from '../../functions/job/stored.ts'
import { jobRef } from '../../functions/lease/held.ts'
import type { Documents, Fields } from '../../functions/store/documents.ts'

/** A job that is due once, an instant ago unless said otherwise. */
export function oneOff(
  job_type: string,
  changes: Partial<Omit<Definition, 'policies'>> & { policies?: Partial<Policies> } = {},
): Definition {
  return {
    name: `${job_type}-${randomUUID()}`,
    kind: 'one_off',
    description: '',
    display_name: '',
    target: { kind: 'handler' },
    ends_at: null,
    job_type,
    lane: 'default',
    schedule: { kind: 'at', at: Date.now() - 1000 },
    payload: '{}',
    ...changes,
    policies: { ...DEFAULT_POLICIES, ...changes.policies },
  }
}

/** As many of them as asked for. */
export function oneOffs(count: number, ...like: Parameters<typeof oneOff>): Definition[] {
  return Array.from({ length: count }, () => oneOff(...like))
}

/** Stores new jobs. */
export async function put(documents: Documents, definitions: readonly Definition[]): Promise<void> {
  for (let first = 0; first < definitions.length; first += 500) {
    const changes = definitions.slice(first, first + 500).map((definition) => {
      const fields = toFields(newJob(definition, Date.now()))
      return { kind: 'create', ref: jobRef(definition.name), fields } as const
    })
    const committed = await documents.commit(changes)
    if (committed.outcome !== 'done') throw new Error(`The jobs were not stored: ${committed.reason}`)
  }
}

/** The jobs as they stand, in the order asked for. */
export async function jobsOf(documents: Documents, definitions: readonly Definition[]): Promise<Fields[]> {
  const { value } = await documents.get(definitions.map(({ name }) => jobRef(name)))
  return value.map((stored) => stored?.fields ?? {})
}
