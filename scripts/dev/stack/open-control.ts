import { randomUUID } from 'node:crypto'
import { resolve } from 'node:path'
import type { Env } from '../../../functions/config.ts'
import { serveHere } from '../serve-here.ts'
import { announce, type ServiceState, withdraw } from '../whereabouts.ts'
import { controlApp } from './control.ts'
import type { FirestoreOnDemand } from './firestore-on-demand.ts'
import { startNear } from './ports.ts'
import type { Service } from './service.ts'
import { filesIn, isTold } from './settings.ts'

/** Serves the control surface of a stack near its port, and writes down where that is; closing it takes that back. */
export async function openControl(options: {
  readonly port: number
  readonly folder: string
  readonly service: Service
  readonly firestore: FirestoreOnDemand
  readonly around: Pick<ServiceState, 'url' | 'issuer' | 'scheduler' | 'demo'>
}): Promise<{ close(): Promise<void> }> {
  const { port, folder, service, firestore, around } = options
  const id = randomUUID()
  const files = pathsIn(folder)
  const state = (): ServiceState => ({
    id,
    revisions: [...service.revisions()],
    env: flagsOf(service.env()),
    files,
    firestore: firestore.now()?.host ?? null,
    ...around,
  })
  const app = controlApp({ service, state, firestore: () => firestore.host() })
  const served = await startNear(port + 4, (near) => serveHere(app, near))
  await announce(folder, { id, control: served.url })
  return {
    close: async () => {
      await withdraw(folder)
      await served.close()
    },
  }
}

/** Full paths: who asks may stand in another folder. */
function pathsIn(folder: string): ServiceState['files'] {
  const { state, journal, cloud_scheduler } = filesIn(folder)
  return { state: resolve(state), journal: resolve(journal), cloud_scheduler: resolve(cloud_scheduler) }
}

function flagsOf(env: Env): Record<string, string> {
  const flags = Object.entries(env).filter(([name]) => isTold(name))
  return Object.fromEntries(flags.map(([name, text]) => [name, text ?? '']))
}
