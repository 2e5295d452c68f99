import type { Clock } from '../../functions/clock.ts'
import type { Env } from '../../functions/config.ts'
import type { Command } from './arguments.ts'
import type { Platform } from './platform.ts'

/** Opens the place that a command names. */
export type OpenPlatform = (
  command: Pick<Command, 'where' | 'file'>,
  env: Env,
  clock: Clock,
  say: (line: string) => void,
) => Promise<Platform>

/** Where `npm start` keeps what it is. */
const FOLDER = '.tickover'

/** The local stack, or a Cloud Run service; only what is needed for it is loaded. */
export const openPlatform: OpenPlatform = async ({ where, file }, env, clock, say) => {
  if (where.kind === 'local') {
    const { localPlatform } = await import('./local.ts')
    return localPlatform(FOLDER, clock, say)
  }
  const { cloudPlatform } = await import('./cloud.ts')
  return cloudPlatform({ place: where, env, file, clock, say })
}
