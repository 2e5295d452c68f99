import { CloudSchedulerClient } from '@google-cloud/scheduler'
import { credentials } from '@grpc/grpc-js'
import type { DispatchEvent } from '../../scripts/dev/cloud-scheduler/send.ts'
import { type CloudSchedulerOptions, startCloudScheduler } from '../../scripts/dev/cloud-scheduler.ts'
import { type Issuer, startIssuer } from '../../scripts/dev/issuer.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

export const PARENT = 'projects/test-project/locations/us-central1'

/** A fresh issuer, Cloud Scheduler and real client on one virtual clock, with everything that was dispatched. */
export async function startLocalCloud(
  options: Partial<CloudSchedulerOptions> & { start?: number; clock?: VirtualClock; issuer?: Issuer } = {},
) {
  // Near the real time, since google-auth-library judges tokens by the real clock; just before a minute.
  const clock = options.clock ?? virtualClock(options.start ?? Math.ceil(Date.now() / 60_000) * 60_000 - 1000)
  const issuer = options.issuer ?? (await startIssuer({ clock }))
  const events: DispatchEvent[] = []
  const scheduler = await startCloudScheduler({
    random: () => 0.5,
    issuer,
    onDispatch: (event) => events.push(event),
    ...options,
    clock,
  })
  const client = clientOf(scheduler.endpoint)
  return {
    clock,
    issuer,
    events,
    client,
    scheduler,
    endpoint: scheduler.endpoint,
    /** Those of one kind. */
    of: (kind: DispatchEvent['kind']) => events.filter((event) => event.kind === kind),
    async close() {
      await client.close()
      await scheduler.close()
      if (options.issuer === undefined) await issuer.close()
    },
  }
}

/** Google's client, pointed at an emulator. */
export function clientOf(endpoint: string): CloudSchedulerClient {
  const [servicePath = '', port] = endpoint.split(':')
  return new CloudSchedulerClient({
    servicePath,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    universeDomain: 'googleapis.com',
  })
}

/** A job that posts every minute as a service account. */
export function wireJob(id: string, uri: string, more: object = {}) {
  return {
    name: `${PARENT}/jobs/${id}`,
    schedule: '* * * * *',
    timeZone: 'UTC',
    httpTarget: {
      uri,
      httpMethod: 'POST' as const,
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from('{"lane":"high"}'),
      oidcToken: {
        serviceAccountEmail: 'ticks@test-project.iam.gserviceaccount.com',
        audience: 'https://tickover.example',
      },
    },
    ...more,
  }
}
