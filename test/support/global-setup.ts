import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { TestProject } from 'vitest/node'
import { type FirestoreEmulator, startFirestoreEmulator } from '../../scripts/dev/firestore-emulator.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Answers the emulator's host, and starts it for the first who asks. */
    firestoreDoor: string
  }
}

const WAY_AROUND = 'Or leave its tests out with TICKOVER_TESTS_WITHOUT=firestore.'

let emulator: Promise<FirestoreEmulator> | null = null
let door: Server

/** One emulator for the whole suite, started when the first test file needs it. */
export async function setup(project: TestProject): Promise<void> {
  door = createServer((_request, response) => {
    emulator ??= startFirestoreEmulator(new URL('../../firestore.rules', import.meta.url).pathname)
    emulator.then(
      ({ host }) => response.end(host),
      (error: unknown) => response.writeHead(500).end(`${String(error)} ${WAY_AROUND}`),
    )
  }).listen(0, '127.0.0.1')
  await once(door, 'listening')
  const address = door.address()
  if (address === null || typeof address === 'string') throw new Error('The door has no port.')
  project.provide('firestoreDoor', `http://127.0.0.1:${address.port}/`)
}

export async function teardown(): Promise<void> {
  door.close()
  await (await emulator?.catch(() => null))?.stop()
}
