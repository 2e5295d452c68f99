import type { Env } from '../../functions/config.ts'
import type { Evidence, Probes } from '../../functions/rollout/evidence.ts'
import type { Where } from '../rollout/arguments.ts'
import type { Capacity } from '../rollout/platform.ts'
import type { Existing } from '../setup/spec.ts'
import type { Account, Binding, Enabled, SecretVersion } from './look/answers/access.ts'
import type { Database, FieldConfig, Index } from './look/answers/firestore.ts'
import type { Channel, Metric, Policy, WatchJob } from './look/answers/monitoring.ts'
import type { ServiceShape } from './look/answers/run.ts'
import type { JobSeen } from './look/service.ts'
import type { Seen } from './seen.ts'

/** All that was seen, as one JSON value: what the diagnosis is made from. Instants are milliseconds since 1970. */
export interface Facts {
  /** Where it was looked, for people. */
  readonly name: string
  readonly where: Where
  readonly url: string
  /** By this machine. */
  readonly looked_at: number
  /** Those of the serving revision, and what the setup goes by for them. */
  readonly flags: Seen<Env>
  readonly setup_env: Seen<Env>
  /** Null where a process runs all the time. */
  readonly capacity: Seen<Capacity | null>
  /** null: nobody answered, which is something that was seen. */
  readonly health: Seen<Probes['health']>
  readonly tick_without_token: Seen<number>
  /** What the service tells of the last day, and of the last ticks. */
  readonly day: Seen<Evidence>
  readonly lately: Seen<Lately>
  /** Recurring and one-off jobs, and all that were set aside or fail. */
  readonly jobs: Seen<readonly JobSeen[]>
  readonly scheduler: Seen<readonly Existing[]>
  /** Null against the local stack. */
  readonly cloud: CloudFacts | null
}

/** Evidence, with when it was asked for and answered by this machine's clock. */
export interface Lately {
  readonly evidence: Evidence
  readonly asked_at: number
  readonly answered_at: number
}

/** A clock elsewhere: what it said between two instants of this machine. */
export interface ClockSeen {
  readonly said: number
  readonly asked_at: number
  readonly answered_at: number
}

/** What only Google Cloud has. */
export interface CloudFacts {
  readonly page_service: string
  readonly watch_region: string | null
  readonly apis: Seen<Enabled>
  readonly accounts: Seen<readonly Account[]>
  readonly roles: Seen<readonly Binding[]>
  /** Every Cloud Run service of the region. */
  readonly services: Seen<readonly ServiceShape[]>
  readonly invokers: Seen<readonly Binding[]>
  readonly page_invokers: Seen<readonly Binding[]>
  readonly secrets: Seen<readonly SecretSeen[]>
  readonly database: Seen<Database>
  readonly indexes: Seen<readonly Index[]>
  readonly ttls: Seen<readonly FieldConfig[]>
  readonly exemptions: Seen<readonly FieldConfig[]>
  readonly metrics: Seen<readonly Metric[]>
  readonly policies: Seen<readonly Policy[]>
  readonly channels: Seen<readonly Channel[]>
  /** The job that watches from another region; null: nobody said which. */
  readonly watch: Seen<WatchJob> | null
  /** When the watch last asked, by the log; null: not within the hour. */
  readonly watch_asked_at: Seen<number | null>
  readonly store_clock: Seen<ClockSeen>
}

/** A secret that a service reads: which version, and who may. */
export interface SecretSeen {
  readonly name: string
  readonly version: Seen<SecretVersion>
  readonly readers: Seen<readonly Binding[]>
}
