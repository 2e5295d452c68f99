import type { Env } from '../../../functions/config.ts'
import type { FirestoreEmulator } from '../firestore-emulator.ts'

/** The Firestore of the local stack: the emulator that the shell names, else one of its own, started when first asked for. */
export interface FirestoreOnDemand {
  /** host:port, once it answers. Rejects, saying how to get one, where there is none. */
  host(): Promise<string>
  /** Where it is, if it is there, and whether it ends with the stack. */
  now(): { readonly host: string; readonly ends: boolean } | null
  close(): Promise<void>
}

/** Starts nothing yet. */
export function firestoreOnDemand(shell: Env): FirestoreOnDemand {
  const named = shell.FIRESTORE_EMULATOR_HOST?.trim() || null
  if (named !== null)
    return { host: async () => named, now: () => ({ host: named, ends: false }), close: async () => {} }
  let starting: Promise<FirestoreEmulator> | null = null
  let running: FirestoreEmulator | null = null

  async function start(): Promise<FirestoreEmulator> {
    const { startFirestoreEmulator } = await import('../firestore-emulator.ts')
    running = await startFirestoreEmulator()
    return running
  }

  return {
    async host() {
      starting ??= start().catch((error: unknown) => {
        starting = null
        throw error
      })
      return (await starting).host
    },
    now: () => running && { host: running.host, ends: true },
    async close() {
      await (await starting?.catch(() => null))?.stop()
    },
  }
}
