import type { Env } from '../../../functions/config.ts'
import type { FlagChanges } from '../../rollout/platform.ts'
import { serviceFlags, type Tokens } from '../demo-service/services/tokens.ts'
import type { Issuer } from '../issuer.ts'
import { readChosen, writeChosen } from './chosen-flags.ts'
import type { FirestoreOnDemand } from './firestore-on-demand.ts'
import type { Revisions } from './revisions.ts'
import { createService, type Service } from './service.ts'
import { filesIn, isServiceFlag, localFlags, SERVICES_LANE, surroundings } from './settings.ts'
import { joined } from './tables.ts'

/** What the service of a local stack is made from. */
export interface LocalServiceOptions {
  readonly port: number
  readonly folder: string
  readonly storage: 'json' | 'firestore'
  /** That of the shell. */
  readonly env: Env
  readonly issuer: Issuer
  readonly demo_url: string
  /** What the demonstration's services prove themselves with. */
  readonly tokens: Tokens
  readonly firestore: FirestoreOnDemand
  readonly revisions: Revisions
}

/** The service, with the flags that its deploys have chosen, except where the command line or the shell says otherwise. */
export function createLocalService(options: LocalServiceOptions): Service {
  const { env: shell, demo_url, tokens, firestore, revisions } = options
  const flags = localFlags(options)
  const services = serviceFlags(demo_url, tokens, SERVICES_LANE)
  const local = {
    ...flags,
    ...services,
    SCHEDULER_PRINCIPALS: joined(flags.SCHEDULER_PRINCIPALS, shell.SCHEDULER_PRINCIPALS),
    SCHEDULER_SERVICES: joined(services.SCHEDULER_SERVICES, shell.SCHEDULER_SERVICES),
  }
  const kept = filesIn(options.folder).flags
  return createService({
    shell,
    own: { ...surroundings(demo_url), ...local },
    chosen: chosenUnder(options, local, readChosen(kept)),
    revisions,
    store: async (env) => {
      if (env.SCHEDULER_STORAGE !== 'firestore') return {}
      return { FIRESTORE_EMULATOR_HOST: await firestore.host() }
    },
    keep: (chosen) => writeChosen(kept, chosen),
  })
}

function chosenUnder({ env, storage }: LocalServiceOptions, local: Env, chosen: FlagChanges): FlagChanges {
  const isSaid = (name: string) =>
    (isServiceFlag(name) && env[name] !== undefined && !(name in local)) ||
    (name === 'SCHEDULER_STORAGE' && storage === 'firestore')
  return Object.fromEntries(Object.entries(chosen).filter(([name]) => !isSaid(name)))
}
