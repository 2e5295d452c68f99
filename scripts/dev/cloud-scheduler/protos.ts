import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { protos } from '@google-cloud/scheduler'
import type { ServiceDefinition } from '@grpc/grpc-js'
import { type AnyDefinition, fromJSON, type ServiceDefinition as LoadedService } from '@grpc/proto-loader'

/** A job as it travels. */
export type WireJob = protos.google.cloud.scheduler.v1.IJob

/** An HTTP method by the API's name for it. */
export type HttpMethod = Extract<NonNullable<NonNullable<WireJob['httpTarget']>['httpMethod']>, string>

type Descriptor = Parameters<typeof fromJSON>[0]
interface Node {
  readonly nested?: Record<string, Node>
  readonly fields?: Record<string, { readonly type: string }>
}

// The client package's own description of the API: what the emulator speaks is what the client speaks.
const path = createRequire(import.meta.url).resolve('@google-cloud/scheduler/build/protos/protos.json')
const descriptor: Descriptor & Node = JSON.parse(readFileSync(path, 'utf8'))
const types = descriptor.nested?.google?.nested?.cloud?.nested?.scheduler?.nested?.v1?.nested ?? {}

/** The gRPC service google.cloud.scheduler.v1.CloudScheduler. Throws when the client package does not describe it. */
export function schedulerService(): ServiceDefinition {
  const loaded = fromJSON(descriptor, { longs: Number, enums: String })
  const service = loaded['google.cloud.scheduler.v1.CloudScheduler']
  if (service === undefined || !isService(service))
    throw new Error(`${path} describes no CloudScheduler service.`)
  return service
}

/** Messages and enums have a `format`; a service is its methods. */
function isService(definition: AnyDefinition): definition is LoadedService {
  return !('format' in definition)
}

/** The type of a field (camelCase) of a v1 message; undefined when the message has no such field. */
export function fieldType(message: string, field: string): string | undefined {
  return types[message]?.fields?.[field]?.type
}
