import type { Firestore } from '@google-cloud/firestore'
import type { Config, Env } from './config.ts'

/**
 * Google's Firestore client, loaded only where it is wanted. REST spares the start of an instance the loading of gRPC;
 * the emulator speaks gRPC without credentials.
 */
export async function createFirestore(config: Pick<Config, 'project'>, env: Env): Promise<Firestore> {
  const { Firestore } = await import('@google-cloud/firestore')
  return new Firestore({
    preferRest: env.FIRESTORE_EMULATOR_HOST === undefined,
    ...(config.project !== null && { projectId: config.project }),
  })
}
