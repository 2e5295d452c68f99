import { readFile, rm } from 'node:fs/promises'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { jsonOrNull } from '../../functions/json.ts'
import { filesIn } from './stack/settings.ts'

/** Where a stack says that it is: the control surface, and an id that no other stack has. */
const announcement = z.object({ id: z.string(), control: z.url() })
type Announcement = z.infer<typeof announcement>

const serviceState = z.object({
  id: z.string(),
  url: z.string(),
  revisions: z.array(z.object({ name: z.string(), serves: z.boolean() })),
  /** The flags of the revision that serves, or would. */
  env: z.record(z.string(), z.string()),
  files: z.object({ state: z.string(), journal: z.string(), cloud_scheduler: z.string() }),
  /** host:port of the Firestore emulator; null: none is there. */
  firestore: z.string().nullable(),
  issuer: z.string(),
  /** host:port of Cloud Scheduler. */
  scheduler: z.string(),
  demo: z.string(),
})

/** What the control surface tells of the service and of what is around it. */
export type ServiceState = z.infer<typeof serviceState>

const PATIENCE_MS = 5_000

/** Writes down where the stack of this folder is. */
export async function announce(folder: string, where: Announcement): Promise<void> {
  await writeFileAtomic(filesIn(folder).stack, `${JSON.stringify(where, null, 2)}\n`)
}

/** Takes that back. */
export async function withdraw(folder: string): Promise<void> {
  await rm(filesIn(folder).stack, { force: true })
}

/** The stack that runs in this folder, and its control surface; null: none does, whatever one that was killed has left. */
export async function findStack(folder: string): Promise<{ control: string; state: ServiceState } | null> {
  const text = await readFile(filesIn(folder).stack, 'utf8').catch(() => 'null')
  const found = announcement.safeParse(jsonOrNull(text))
  if (!found.success) return null
  const { id, control } = found.data
  const state = await stateAt(control)
  return state?.id === id ? { control, state } : null
}

async function stateAt(control: string): Promise<ServiceState | null> {
  try {
    const answer = await fetch(`${control}/service`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    return serviceState.parse(await answer.json())
  } catch {
    return null
  }
}
