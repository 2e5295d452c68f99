import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe } from 'vitest'
import { firestoreDocuments } from '../../functions/store/firestore.ts'
import { openJsonDocuments } from '../../functions/store/json.ts'
import { memoryDocuments } from '../../functions/store/memory.ts'
import { firestoreHost, freshFirestore, WITHOUT_FIRESTORE } from '../support/firestore.ts'
import { realClock } from '../support/real-clock.ts'
import { documentsContract } from './documents.ts'

documentsContract('memory', async () => {
  const documents = memoryDocuments(realClock)
  return { documents, end: () => documents.close() }
})

documentsContract('JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tickover-'))
  const documents = await openJsonDocuments(join(folder, 'state.json'), realClock, { emit: () => {} })
  const end = async () => {
    await documents.close()
    await rm(folder, { recursive: true })
  }
  return { documents, end }
})

describe.skipIf(WITHOUT_FIRESTORE)('on the emulator', () => {
  documentsContract('Firestore', async () => {
    const documents = firestoreDocuments(freshFirestore(await firestoreHost()), realClock)
    return { documents, end: () => documents.close() }
  })
})
