import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { placeArgs } from '../../rollout/cloud/update.ts'
import { bad, type Found, judged, named, ok, unknown, warn } from '../line.ts'
import type { Binding } from '../look/answers/access.ts'
import type { ServiceShape } from '../look/answers/run.ts'
import type { Mends } from '../mends.ts'
import { both } from '../seen.ts'
import { apiOf, type OfCloud, pageOf } from './of-cloud.ts'
import { ourAccounts } from './roles.ts'

const INVOKER = 'roles/run.invoker'
const PUBLIC = ['allUsers', 'allAuthenticatedUsers']

/** Who may call the two services: those who must, and never everybody. */
export function callerLines(facts: OfCloud, mends: Mends): Found[] {
  return [...publicLines(facts), ...invokerLines(facts), ...pageLines(facts, mends)]
}

function publicLines(facts: OfCloud): Found[] {
  const { invokers, page_invokers, services } = facts.cloud
  const what = 'nobody from the street may call'
  return judged(what, both(both(invokers, services), page_invokers), ([[api, all], page]) => {
    const shapes = [apiOf(facts, all), pageOf(facts, all)]
    const open = shapes.flatMap((shape, at) => openings(shape, at === 0 ? api : page, facts))
    const [first] = open
    return first ?? ok(what, 'both services ask IAM, which lets in nobody unknown')
  })
}

function openings(
  shape: ServiceShape | undefined,
  bindings: readonly Binding[],
  { where }: OfCloud,
): Found[] {
  const what = 'nobody from the street may call'
  if (shape === undefined) return []
  if (!shape.asks_iam) {
    const close = shellLine([
      'run',
      'services',
      'update',
      shape.name,
      ...placeArgs(where),
      '--invoker-iam-check',
    ])
    return [bad(what, `${shape.name} does not ask IAM who calls`, close)]
  }
  return bindings.flatMap(({ role, members }) =>
    members
      .filter((member) => PUBLIC.includes(member))
      .map((member) =>
        bad(
          what,
          `${member} has ${role} on ${shape.name}`,
          policyChange('remove', shape.name, member, role, where),
        ),
      ),
  )
}

function invokerLines(facts: OfCloud): Found[] {
  const what = 'only accounts call, and those that must can'
  const { invokers, roles } = facts.cloud
  const { where } = facts
  return judged(what, both(ourAccounts(facts), both(invokers, roles)), ([accounts, [own, project]]) => {
    const must = [accounts.scheduler, accounts.watch, accounts.operator].map(serviceAccount)
    const shut = must.filter((member) => !mayInvoke(member, [...own, ...project]))
    const [first] = shut
    if (first !== undefined)
      return bad(
        what,
        `without ${INVOKER}: ${named(shut)}`,
        policyChange('add', where.service, first, INVOKER, where),
      )
    const [person] = invokersIn(own).filter((member) => !isAccount(member) && !PUBLIC.includes(member))
    if (person === undefined) return ok(what, `${named(must)} have ${INVOKER}`)
    return warn(
      what,
      `${person} has ${INVOKER} on ${where.service}: people have the page, and in a shell ${accounts.operator}`,
      policyChange('remove', where.service, person, INVOKER, where),
    )
  })
}

/** The page: there, and behind IAP, which alone calls it. */
function pageLines(facts: OfCloud, mends: Mends): Found[] {
  const what = 'the page is behind IAP'
  const { services, page_invokers, apis, page_service } = facts.cloud
  return judged(what, both(services, both(page_invokers, apis)), ([all, [bindings, { project_number }]]) => {
    const page = pageOf(facts, all)
    if (page === undefined)
      return warn(what, `there is no service ${page_service}: operators have no page`, mends.apply())
    const update = ['beta', 'run', 'services', 'update', page.name, ...placeArgs(facts.where), '--iap']
    if (!page.has_iap) return bad(what, `IAP is not switched on for ${page.name}`, shellLine(update))
    if (project_number === null) return unknown(what, 'the number of the project is not known')
    const agent = serviceAccount(`service-${project_number}@gcp-sa-iap.iam.gserviceaccount.com`)
    const change = (verb: 'add' | 'remove', member: string) =>
      policyChange(verb, page.name, member, INVOKER, facts.where)
    if (!mayInvoke(agent, bindings))
      return bad(what, `IAP itself may not call ${page.name}`, change('add', agent))
    const [other] = invokersIn(bindings).filter((member) => member !== agent && !PUBLIC.includes(member))
    if (other === undefined) return ok(what, `${page.name}, which IAP alone may call for others`)
    return warn(what, `${other} has ${INVOKER} on ${page.name}, beside IAP`, change('remove', other))
  })
}

function serviceAccount(email: string): string {
  return `serviceAccount:${email}`
}

/** Of a service, not of a person, a group or a domain. */
function isAccount(member: string): boolean {
  return /^(serviceAccount|principal|principalSet|deleted):/.test(member)
}

function invokersIn(bindings: readonly Binding[]): readonly string[] {
  return bindings.flatMap(({ role, members }) => (role === INVOKER ? members : []))
}

function mayInvoke(member: string, bindings: readonly Binding[]): boolean {
  return invokersIn(bindings).includes(member)
}

function policyChange(
  verb: 'add' | 'remove',
  service: string,
  member: string,
  role: string,
  where: OfCloud['where'],
): string {
  const args = ['run', 'services', `${verb}-iam-policy-binding`, service, ...placeArgs(where)]
  return shellLine([...args, `--member=${member}`, `--role=${role}`])
}
