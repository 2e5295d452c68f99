import { SETTINGS } from '../../../functions/rollout/gate/settings.ts'
import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { placeArgs } from '../../rollout/cloud/update.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, fromFinding, judged, ok, warn } from '../line.ts'
import type { Mends } from '../mends.ts'
import { apiOf, isOfCloud, type OfCloud, pageOf } from './of-cloud.ts'

/** Which revisions serve, and whether an older one still claims. */
export function revisionLines(facts: Facts, mends: Mends): Found[] {
  const what = 'no older revision claims'
  return [
    ...(isOfCloud(facts) ? [...trafficLines(facts, mends), ...imageLines(facts)] : []),
    ...judged(what, facts.day, (evidence) => {
      const finding = SETTINGS.old_revisions.judge(evidence)
      return fromFinding(what, finding, isOfCloud(facts) ? trafficMend(facts) : null)
    }),
  ]
}

function trafficLines(facts: OfCloud, mends: Mends): Found[] {
  const what = 'the newest revision serves'
  return judged(what, facts.cloud.services, (services) => {
    const api = apiOf(facts, services)
    if (api === undefined) return bad(what, `there is no service ${facts.where.service}`, mends.apply())
    const { serving, latest_ready, latest_created } = api
    if (latest_created !== latest_ready)
      return bad(
        what,
        `${latest_created ?? 'a revision'} did not come up; ${serving ?? 'none'} serves`,
        mends.logs(),
      )
    if (serving === latest_ready) return ok(what, serving ?? 'none')
    const seen = `${serving ?? 'several share the traffic'}, not ${latest_ready ?? 'any'}`
    return warn(what, seen, trafficMend(facts))
  })
}

function imageLines(facts: OfCloud): Found[] {
  const what = 'the page has the image of the api service'
  return judged(what, facts.cloud.services, (services) => {
    const [api, page] = [apiOf(facts, services), pageOf(facts, services)]
    if (api === undefined || page === undefined) return []
    if (api.image === page.image) return ok(what, api.image)
    return warn(what, `${page.name} has ${page.image}`, deploy(facts))
  })
}

/**
 * Everything to the newest revision, where that is what serves. Else the newest may be one that was refused: what serves is released
 * once more, and is the newest then. Which of several is wanted nobody can tell from here.
 */
function trafficMend(facts: OfCloud): string | null {
  const { where, cloud } = facts
  const api = cloud.services.ok ? apiOf(facts, cloud.services.value) : undefined
  if (api === undefined) return null
  const { serving, latest_created } = api
  if (serving === null)
    return shellLine(['run', 'revisions', 'list', `--service=${where.service}`, ...placeArgs(where)])
  if (serving !== latest_created) return `${deploy(facts)} --rollback --to ${serving}`
  return shellLine(['run', 'services', 'update-traffic', where.service, ...placeArgs(where), '--to-latest'])
}

function deploy({ where, cloud }: OfCloud): string {
  const { project, region, service } = where
  return `npm run deploy -- --project ${project} --region ${region} --service ${service} --page-service ${cloud.page_service}`
}
