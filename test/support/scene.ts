import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Documents } from '../../functions/store/documents.ts'
import { firestoreDocuments } from '../../functions/store/firestore.ts'
import { openJsonDocuments } from '../../functions/store/json.ts'
import { firestoreHost, freshFirestore } from './firestore.ts'
import { type FunctionProcess, startFunction } from './function-process.ts'
import { type Ledger, openLedger } from './ledger.ts'
import { realClock } from './real-clock.ts'
import { type Hooks, openStoreLine, type StoreLine } from './store-line.ts'

/** An empty store, a ledger, and as many processes of the real function on them as a test wants. */
export interface Scene {
  readonly ledger: Ledger
  /** Starts a process on the store; `env` adds flags, `source` is another entry than the telling one. */
  start(env?: Readonly<Record<string, string>>, source?: string): Promise<FunctionProcess>
  /** Works on the store from outside. The JSON file is open only meanwhile, since it has one user at a time. */
  store<T>(work: (documents: Documents) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** A scene on the emulator, whose processes reach it over lines. */
export interface FirestoreScene extends Scene {
  /** The store from outside. */
  readonly documents: Documents
  /** A further line to the emulator. */
  line(hooks?: Partial<Hooks>): Promise<StoreLine>
}

/** A scene on an empty Firestore database of the suite's emulator. */
export async function firestoreScene(): Promise<FirestoreScene> {
  const host = await firestoreHost()
  const projectId = `t-${randomUUID().slice(0, 20)}`
  const documents = firestoreDocuments(freshFirestore(host, { projectId }), realClock)
  const scene = await sceneOf({
    env: { SCHEDULER_STORAGE: 'firestore', GOOGLE_CLOUD_PROJECT: projectId, FIRESTORE_EMULATOR_HOST: host },
    store: (work) => work(documents),
    close: () => documents.close(),
  })
  const lines: StoreLine[] = []
  return {
    ...scene,
    documents,
    line: async (hooks) => {
      const line = await openStoreLine(host, hooks)
      lines.push(line)
      return line
    },
    close: async () => {
      await scene.close()
      for (const line of lines) await line.close()
    },
  }
}

/** A scene on a new JSON file. */
export async function jsonScene(): Promise<Scene> {
  const folder = await mkdtemp(join(tmpdir(), 'tickover-'))
  const file = join(folder, 'state.json')
  return sceneOf({
    env: { SCHEDULER_STORAGE: 'json', SCHEDULER_STORAGE_FILE: file },
    store: async (work) => {
      const documents = await openJsonDocuments(file, realClock, { emit: () => {} })
      try {
        return await work(documents)
      } finally {
        await documents.close()
      }
    },
    close: () => rm(folder, { recursive: true }),
  })
}

async function sceneOf(options: {
  readonly env: Readonly<Record<string, string>>
  readonly store: Scene['store']
  readonly close: () => Promise<void>
}): Promise<Scene> {
  const ledger = await openLedger()
  const processes: FunctionProcess[] = []
  return {
    ledger,
    store: options.store,
    start: async (env = {}, source) => {
      const started = await startFunction({ ...options.env, LEDGER_URL: ledger.url, ...env }, source)
      processes.push(started)
      return started
    },
    close: async () => {
      await Promise.all(processes.map((one) => one.kill()))
      await ledger.close()
      await options.close()
    },
  }
}
