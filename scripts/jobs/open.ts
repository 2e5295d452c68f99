import { existsSync } from 'node:fs'
import { Firestore } from '@google-cloud/firestore'
import type { Clock } from '../../functions/clock.ts'
import type { Documents } from '../../functions/store/documents.ts'
import { firestoreDocuments } from '../../functions/store/firestore.ts'
import { openJsonDocuments } from '../../functions/store/json.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'

/** A store, with what is said of it, that is closed at the end of its block. */
export interface Opened extends AsyncDisposable {
  readonly name: string
  readonly documents: Documents
}

/** The JSON file, made where it is not there. Rejects with `storage_locked` while a process uses it. */
export async function openJson(path: string, clock: Clock, say: (line: string) => void): Promise<Opened> {
  const emit = (event: object) => {
    if ('reason' in event) say(`  ${String(event.reason)}`)
  }
  return opened(`the file ${path}`, await openJsonDocuments(path, clock, { emit }))
}

/** The JSON file to be looked at only: where there is none, nothing is made. */
export async function lookAtJson(path: string, clock: Clock, say: (line: string) => void): Promise<Opened> {
  return existsSync(path) ? openJson(path, clock, say) : opened(`the file ${path}`, memoryDocuments(clock))
}

/** Firestore; `emulator` is host:port of one, null the real service. `project` null: that of the credentials. */
export function openFirestore(project: string | null, emulator: string | null, clock: Clock): Opened {
  const client = new Firestore({
    preferRest: emulator === null,
    ...(project !== null && { projectId: project }),
    // Naming the universe keeps the client from asking for credentials, which an emulator does not need.
    ...(emulator !== null && { host: emulator, ssl: false, universeDomain: 'googleapis.com' }),
  })
  const place = emulator === null ? '' : ` (emulator at ${emulator})`
  return opened(
    `Firestore in ${project ?? 'the project of the credentials'}${place}`,
    firestoreDocuments(client, clock),
  )
}

function opened(name: string, documents: Documents): Opened {
  return { name, documents, [Symbol.asyncDispose]: () => documents.close() }
}
