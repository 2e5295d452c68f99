import { textOf } from '../../../functions/config.ts'
import { isOurs } from '../../setup/spec.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, named, ok } from '../line.ts'
import type { Mends } from '../mends.ts'
import { both, derived, type Seen } from '../seen.ts'
import { apiOf, isOfCloud } from './of-cloud.ts'

/** One text everywhere: what Cloud Scheduler asks a token for, what Cloud Run lets in, what the function checks. */
export function audienceLines(facts: Facts, mends: Mends): Found[] {
  const what = 'one audience everywhere'
  return judged(what, both(both(facts.flags, taken(facts)), facts.scheduler), ([[flags, served], jobs]) => {
    const audience = textOf(flags, 'SCHEDULER_OIDC_AUDIENCE') ?? ''
    if (!served.includes(audience)) {
      const told = `SCHEDULER_OIDC_AUDIENCE is ${audience === '' ? 'unset' : audience}; the service is ${named(served)}`
      return bad(what, told, mends.apply() ?? 'npm start')
    }
    const others = jobs.filter(isOurs).filter(({ spec }) => spec.audience !== audience)
    if (others.length === 0) return ok(what, audience)
    const told = others.map(
      ({ spec }) => `${spec.id} asks for ${spec.audience === '' ? 'none' : spec.audience}`,
    )
    return bad(what, `${named(told)}; the service takes ${audience}`, mends.setup())
  })
}

/** What stands before the function takes tokens for: all that Cloud Run knows the service by. */
function taken(facts: Facts): Seen<readonly string[]> {
  if (!isOfCloud(facts)) return { ok: true, value: [facts.url] }
  return derived(facts.cloud.services, (services) => apiOf(facts, services)?.audiences ?? [])
}
