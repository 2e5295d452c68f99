import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { loadConfig } from '../../functions/config.ts'
import { type Evidence, withProbes } from '../../functions/rollout/evidence.ts'
import { fact } from '../../functions/rollout/gate/finding.ts'
import { judge } from '../../functions/rollout/gate.ts'
import { orderOf } from '../../functions/store/asked.ts'
import { SHAPE_NAMES } from '../../functions/store/documents.ts'
import { reasonOf } from './failure.ts'
import { problemsOf } from './flags.ts'
import type { Hands } from './perform.ts'
import type { Capacity } from './platform.ts'
import type { Row } from './print.ts'
import { probe } from './probes.ts'

const INDEXES = new URL('../../firestore.indexes.json', import.meta.url)

const declared = z.object({
  indexes: z.array(
    z.object({
      collectionGroup: z.string(),
      queryScope: z.string(),
      fields: z.array(z.object({ fieldPath: z.string(), order: z.string() })),
    }),
  ),
})

/**
 * All that must be right before the move begins: the gate from 0 to 1, and what stands behind it. It may be looked at
 * again at any stage.
 */
export async function preflight(hands: Hands): Promise<Row[]> {
  const { platform, service } = hands
  const flags = await platform.flags()
  const problems = problemsOf(flags)
  const rows: Row[] = [
    {
      what: 'the flags are right',
      ...fact('npm run config passes', problems.join('; ') || 'no problem', problems.length === 0),
    },
    await indexRow(),
    ...(platform.capacity === undefined
      ? []
      : [capacityRow(await platform.capacity(), problems.length === 0 && usesLoop(flags))]),
  ]
  const [evidence, probes] = await Promise.all([
    service.evidence().catch((error: unknown) => reasonOf(error)),
    probe(hands, flags),
  ])
  if (typeof evidence === 'string') return [...rows, answerRow(evidence, false)]
  const { storage } = evidence
  return [
    ...rows,
    answerRow(`200, from ${evidence.revision}`, true),
    {
      what: `every query that the service makes of ${storage} is answered`,
      ...fact('all', unread(evidence) || 'all', unread(evidence) === ''),
    },
    ...judge(withProbes(evidence, probes), 1).filter(({ id }) => id !== 'stages_in_order'),
  ]
}

/** Does the in-process loop run, live or in shadow, with these flags? */
function usesLoop(flags: Parameters<typeof loadConfig>[0]): boolean {
  return loadConfig(flags).legacy_loop === 'on'
}

function answerRow(measured: string, holds: boolean): Row {
  return {
    what: 'a token of this shell is accepted',
    ...fact('GET /api/rollout answers 200', measured, holds, 1),
  }
}

/** What the service could not read of its own store. */
function unread({ ticks, runs, duplicates, leases }: Evidence): string {
  const missing = Object.entries({ ticks, runs, duplicates, leases }).filter(([, value]) => value === null)
  return missing.length === 0 ? '' : `not: ${missing.map(([name]) => name).join(', ')}`
}

/** What the code may ask against what is declared. */
async function indexRow(): Promise<Row> {
  const { indexes } = declared.parse(JSON.parse(await readFile(INDEXES, 'utf8')))
  const found = new Set(
    indexes.map(({ collectionGroup, fields }) =>
      [collectionGroup, ...fields.map(({ fieldPath, order }) => `${fieldPath} ${order}`)].join(' '),
    ),
  )
  const asked = SHAPE_NAMES.map(orderOf).map(
    ({ collection, field, by, isDescending }) =>
      `${collection} ${field} ASCENDING ${by} ${isDescending ? 'DESCENDING' : 'ASCENDING'}`,
  )
  const missing = asked.filter((index) => !found.has(index))
  const measured =
    missing.length === 0 ? `${asked.length} of ${asked.length}` : `missing: ${missing.join(', ')}`
  return {
    what: 'firestore.indexes.json declares every query',
    ...fact(`${asked.length} of ${asked.length}`, measured, missing.length === 0, asked.length),
  }
}

/** Between requests a throttled instance stands still, and the loop with it. */
function capacityRow({ cpu_always, min_instances }: Capacity, isNeeded: boolean): Row {
  const told = `CPU ${cpu_always ? 'always' : 'during requests only'}, at least ${min_instances} instances`
  const holds = !isNeeded || (cpu_always && min_instances >= 1)
  const required = isNeeded ? 'CPU always, at least 1 instance' : 'nothing: no in-process loop runs'
  return { what: 'the in-process loop has CPU between requests', ...fact(required, told, holds) }
}
