import { z } from 'zod'
import { auditChange, recordAudit } from '../admin/audit.ts'
import type { Death } from '../job/plan.ts'
import { free } from '../lease/free.ts'
import { check, readBody } from './body.ts'
import { iso } from './fields.ts'
import type { Deps, Handler } from './surface.ts'

const ACTIONS = ['rollout_advanced', 'rollout_forced', 'rollout_rolled_back'] as const

/** What a record may say of the flags: texts and lists of lines, no more than an entry can hold. */
export const anyJson = z.json()
const state = z.record(z.string().max(100), anyJson).nullable().default(null)

export const record = z
  .strictObject({
    action: z.enum(ACTIONS, `must be one of ${ACTIONS.join(', ')}`),
    before: state,
    after: state,
    reason: z.string().max(2000).default(''),
  })
  .refine(({ action, reason }) => action !== 'rollout_forced' || reason.trim() !== '', {
    path: ['reason'],
    message: 'says why it was forced; it is missing',
  })

export const nothing = z.strictObject({})

/** What the rollout's command tells and asks of the service: a record of each step, and the release of dead holders. */
export function steerRoutes({
  config,
  documents,
  newId,
}: Pick<Deps, 'config' | 'documents'> & { readonly newId: () => string }): Record<
  'POST /api/rollout/records' | 'POST /api/rollout/free',
  Handler
> {
  /** The store's time; the read is of no document that could be there. */
  const storeTime = async () => (await documents.get([{ collection: 'scheduler_audit', id: 'time' }])).time
  return {
    'POST /api/rollout/records': async (c) => {
      const told = check(record, await readBody(c))
      const actor = c.get('caller')?.name ?? ''
      const at = await storeTime()
      const entry = {
        ...told,
        at,
        actor,
        subject: 'service/rollout',
        before: packed(told.before),
        after: packed(told.after),
      }
      await recordAudit(documents, newId(), entry)
      return c.json({ recorded: told.action, at: iso(at) }, 201)
    },
    'POST /api/rollout/free': async (c) => {
      check(nothing, await readBody(c))
      const lanes = config.lanes.map(({ name }) => name)
      const at = await storeTime()
      const actor = c.get('caller')?.name ?? ''
      const { freed, living } = await free(documents, lanes, at, 'tick', (job, deaths) => [
        auditChange(newId(), freedEntry(actor, job.name, deaths, at)),
      ])
      return c.json({ freed, living: living.map((one) => ({ ...one, until: iso(one.until) })) })
    },
  }
}

function freedEntry(actor: string, subject: string, deaths: readonly Death[], at: number) {
  const after = { freed: deaths.map(({ entry, fate }) => ({ run: entry.run, owner: entry.owner, fate })) }
  return { action: 'dead_freed', at, actor, subject, reason: '', before: null, after }
}

/** As JSON text: what is told is kept as it is, however deep. */
function packed(told: z.output<typeof state>): { readonly json: string } | null {
  return told === null ? null : { json: JSON.stringify(told) }
}
