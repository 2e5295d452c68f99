import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fromJSON, type ServiceDefinition } from '@grpc/proto-loader'

/** A document as it is named on the wire. */
interface Named {
  readonly name: string
}

/** What our tests look at in a request of Firestore's API. */
export interface Request {
  readonly writes?: readonly {
    readonly update?: Named | null
    readonly delete?: string | null
    readonly updateMask?: { readonly fieldPaths: readonly string[] } | null
    readonly currentDocument?: { readonly exists?: boolean; readonly updateTime?: unknown } | null
  }[]
  readonly documents?: readonly string[]
}

/** What our tests look at in an answer. */
export interface Reply {
  readonly document?: Named | null
  readonly found?: Named | null
  readonly missing?: string
}

/** What a call is for, by the documents it touches. */
export type Purpose = 'due' | 'read' | 'claim' | 'settle' | 'effect' | 'renew' | 'tick' | 'other'

const FIRESTORE: ServiceDefinition = serviceOf('google.firestore.v1.Firestore')

/** The client package's own description of the API, which it keeps beside its code. */
function serviceOf(name: string): ServiceDefinition {
  const code = createRequire(import.meta.url).resolve('@google-cloud/firestore')
  const json = readFileSync(join(dirname(code), '../protos/v1.json'), 'utf8')
  const found = fromJSON(JSON.parse(json))[name]
  if (found === undefined || 'format' in found) throw new Error(`The protos have no service ${name}.`)
  return found
}

/** The request that the body of a call carries. */
export function readRequest(method: string, body: Buffer): Request {
  const [message] = messages(body)
  return (message && FIRESTORE[method]?.requestDeserialize(message)) ?? {}
}

/** All messages of an answer. */
export function readReplies(method: string, body: Buffer): Reply[] {
  return messages(body).map((message) => FIRESTORE[method]?.responseDeserialize(message) ?? {})
}

/** gRPC puts a flag and a length of four bytes before each message. */
function messages(body: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at + 5 <= body.length; at += 5 + body.readUInt32BE(at + 1)) {
    if (body[at] !== 0) throw new Error('A compressed message cannot be read here.')
    found.push(body.subarray(at + 5, at + 5 + body.readUInt32BE(at + 1)))
  }
  return found
}

/** Documents that a call reads, by Firestore's bill: an empty answer to a query counts as one. */
export function documentsRead({ method, replies }: { method: string; replies: readonly Reply[] }): number {
  if (method === 'RunQuery') return Math.max(1, replies.filter(({ document }) => document).length)
  return replies.filter(({ found, missing }) => found || missing).length
}

/** Writes of a call that change nothing and only hold the commit to a version. */
export function checksMade({ writes = [] }: Request): number {
  return writes.filter((write) => write.updateMask?.fieldPaths.join() === 'never_stored').length
}

/** Which documents the writes of a call touch, by collection. */
export function collectionsOf({ writes = [] }: Request): Set<string> {
  return new Set(writes.map((write) => (write.update?.name ?? write.delete ?? '').split('/').at(-2) ?? ''))
}

/** What the call is for. */
export function purposeOf({ method, request }: { method: string; request: Request }): Purpose {
  if (method === 'RunQuery') return 'due'
  if (method !== 'Commit') return method === 'BatchGetDocuments' ? 'read' : 'other'
  const touched = collectionsOf(request)
  if (touched.has('scheduler_ticks')) return 'tick'
  if (touched.has('scheduler_effects')) return 'effect'
  if (!touched.has('scheduler_runs')) return touched.has('scheduler_jobs') ? 'renew' : 'other'
  return isClaim(request) ? 'claim' : 'settle'
}

/** A claim gives some job a living attempt: it creates a run's record, or goes on with one. */
function isClaim({ writes = [] }: Request): boolean {
  return writes.some((write) => write.currentDocument?.exists === false)
}

/** The ids of the documents in an answer to a query, sorted. */
export function namesIn({ replies }: { replies: readonly Reply[] }): string[] {
  return replies
    .flatMap(({ document }) => (document ? [document.name.split('/').at(-1) ?? ''] : []))
    .toSorted()
}
