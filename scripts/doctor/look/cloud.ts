import pLimit from 'p-limit'
import type { Clock } from '../../../functions/clock.ts'
import type { Gcloud } from '../../rollout/cloud/gcloud.ts'
import type { Place } from '../../rollout/cloud/update.ts'
import type { CloudFacts, SecretSeen } from '../facts.ts'
import { look, resolved, type Seen } from '../seen.ts'
import { readAccounts, readApis, readBindings, readVersion } from './answers/access.ts'
import { readDatabase, readFields, readIndexes } from './answers/firestore.ts'
import { readChannels, readMetrics, readNewest, readPolicies, readWatchJob } from './answers/monitoring.ts'
import { readServices, type SecretRef, type ServiceShape } from './answers/run.ts'
import { clockAt } from './clock-at.ts'
import { questions, secretQuestions, watchQuestion } from './commands.ts'

/** What the cloud is looked at with. */
export interface CloudLook {
  readonly place: Place
  readonly page_service: string
  readonly watch_region: string | null
  readonly gcloud: Gcloud
  readonly clock: Clock
  /** Any address of the store: its answer's date is the store's. */
  readonly store_url: string
}

/** Each gcloud is a process of its own, which takes a second to start. */
const AT_ONCE = 4
const MOST_SECRETS = 50

/** Everything that only gcloud can tell. A question that is refused or fails is unknown; it never rejects. */
export async function lookAtCloud(looking: CloudLook): Promise<CloudFacts> {
  const { place, page_service, watch_region, gcloud, clock, store_url } = looking
  const turn = pLimit(AT_ONCE)
  const ask = <T>(args: readonly string[], read: (text: string) => T): Promise<Seen<T>> =>
    turn(() => look(clock, async () => read(await gcloud(args))))
  const asked = questions(place, page_service)
  const services = ask(asked.services, readServices)
  const secretOf = async (ref: SecretRef): Promise<SecretSeen> => {
    const { version, readers } = secretQuestions(place.project, ref)
    return {
      name: ref.name,
      version: await ask(version, readVersion),
      readers: await ask(readers, readBindings),
    }
  }
  return resolved({
    apis: ask(asked.apis, readApis),
    accounts: ask(asked.accounts, readAccounts),
    roles: ask(asked.roles, readBindings),
    services,
    invokers: ask(asked.invokers, readBindings),
    page_invokers: ask(asked.page_invokers, readBindings),
    database: ask(asked.database, readDatabase),
    indexes: ask(asked.indexes, readIndexes),
    ttls: ask(asked.ttls, readFields),
    exemptions: ask(asked.exemptions, readFields),
    metrics: ask(asked.metrics, readMetrics),
    policies: ask(asked.policies, readPolicies),
    channels: ask(asked.channels, readChannels),
    watch_asked_at: ask(asked.watch_asked, readNewest),
    watch: watch_region === null ? null : ask(watchQuestion(place.project, watch_region), readWatchJob),
    secrets: services.then(async (seen): Promise<CloudFacts['secrets']> => {
      if (!seen.ok) return seen
      const refs = secretsOf(seen.value, [place.service, page_service])
      return { ok: true, value: await Promise.all(refs.map(secretOf)) }
    }),
    store_clock: look(clock, () => clockAt(store_url, clock)),
    page_service,
    watch_region,
  })
}

/** Each secret once, also where several flags and both services read it. */
function secretsOf(services: readonly ServiceShape[], ours: readonly string[]): SecretRef[] {
  const refs = services.filter(({ name }) => ours.includes(name)).flatMap(({ secrets }) => secrets)
  return [...new Map(refs.map((ref) => [`${ref.name} ${ref.version}`, ref])).values()].slice(0, MOST_SECRETS)
}
