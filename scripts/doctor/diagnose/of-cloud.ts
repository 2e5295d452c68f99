import type { Where } from '../../rollout/arguments.ts'
import type { CloudFacts, Facts } from '../facts.ts'
import type { ServiceShape } from '../look/answers/run.ts'

/** Facts about a Cloud Run service. */
export type OfCloud = Facts & {
  readonly where: Extract<Where, { kind: 'cloud' }>
  readonly cloud: CloudFacts
}

/** Were these seen in the cloud? */
export function isOfCloud(facts: Facts): facts is OfCloud {
  return facts.where.kind === 'cloud' && facts.cloud !== null
}

/** The service that is ticked; undefined when it is not there. */
export function apiOf({ where }: OfCloud, services: readonly ServiceShape[]): ServiceShape | undefined {
  return services.find(({ name }) => name === where.service)
}

/** The service of the page; undefined when it is not there. */
export function pageOf({ cloud }: OfCloud, services: readonly ServiceShape[]): ServiceShape | undefined {
  return services.find(({ name }) => name === cloud.page_service)
}
