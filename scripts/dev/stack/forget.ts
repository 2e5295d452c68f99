import { mkdir, rm } from 'node:fs/promises'
import type { Clock } from '../../../functions/clock.ts'
import { lockFile } from '../../../functions/store/disk/lock.ts'
import { filesIn } from './settings.ts'

/** Deletes what the stack keeps in a folder. Rejects with `storage_locked` while another stack uses it. */
export async function forget(folder: string, clock: Clock): Promise<void> {
  const { state, journal, cloud_scheduler, flags } = filesIn(folder)
  await mkdir(folder, { recursive: true })
  const lock = await lockFile(state, clock, () => undefined)
  for (const file of [state, journal, cloud_scheduler, flags]) await rm(file, { force: true })
  await lock.release()
}
