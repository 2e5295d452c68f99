import { randomUUID } from 'node:crypto'
import { Firestore, type Settings } from '@google-cloud/firestore'
import { inject } from 'vitest'

/** Do the tests do without Firestore (TICKOVER_TESTS_WITHOUT names it)? */
export const WITHOUT_FIRESTORE = (process.env.TICKOVER_TESTS_WITHOUT ?? '').split(',').includes('firestore')

/** The host of the suite's emulator. Rejects, saying why, where it cannot be started. */
export async function firestoreHost(): Promise<string> {
  const response = await fetch(inject('firestoreDoor'))
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}

/** A client for an empty database of its own. */
export function freshFirestore(host: string, settings: Settings = {}): Firestore {
  return new Firestore({ projectId: `t-${randomUUID()}`, host, ssl: false, ...settings })
}
