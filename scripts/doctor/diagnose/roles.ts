import { textOf } from '../../../functions/config.ts'
import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { bad, type Found, judged, named, ok, warn } from '../line.ts'
import type { Account, Binding } from '../look/answers/access.ts'
import type { Mends } from '../mends.ts'
import { both, derived, type Seen } from '../seen.ts'
import { apiOf, type OfCloud } from './of-cloud.ts'

/** The accounts by which everything here is done. */
export interface OurAccounts {
  readonly runtime: string
  readonly scheduler: string
  readonly watch: string
  /** Stands for an operator in a shell. */
  readonly operator: string
}

const STORE_ROLE = 'roles/datastore.user'
const BROAD = ['roles/owner', 'roles/editor']
/** What a process may have that tells of itself; it needs none of them. */
const HARMLESS = ['roles/logging.logWriter', 'roles/monitoring.metricWriter', 'roles/cloudtrace.agent']
const AGENT_ROLE = 'roles/cloudscheduler.serviceAgent'

/** Named by the service, its flags, and for the watch and the operator as Terraform does. */
export function ourAccounts(facts: OfCloud): Seen<OurAccounts> {
  const { service, project } = facts.where
  return derived(both(facts.flags, facts.cloud.services), ([flags, services]) => ({
    runtime: apiOf(facts, services)?.account ?? '',
    scheduler: textOf(flags, 'SCHEDULER_SERVICE_ACCOUNT') ?? '',
    watch: `${service}-watch@${project}.iam.gserviceaccount.com`,
    operator: `${service}-operator@${project}.iam.gserviceaccount.com`,
  }))
}

/** The accounts are there, and may do what they must in the project and no more. */
export function roleLines(facts: OfCloud, mends: Mends): Found[] {
  const { roles, accounts } = facts.cloud
  const ours = ourAccounts(facts)
  const [there, store, broad] = [
    'the service accounts are there',
    'the runtime account may use Firestore',
    'no account is an editor or owner',
  ]
  return [
    ...judged(there, both(ours, accounts), ([own, all]) => thereLine(there, own, all, facts, mends)),
    ...judged(store, both(ours, roles), ([{ runtime }, bindings]) => {
      const has = rolesOf(runtime, bindings).includes(STORE_ROLE)
      return has
        ? ok(store, `${runtime} has ${STORE_ROLE}`)
        : bad(store, `${runtime} has not ${STORE_ROLE}`, grant(facts, runtime, STORE_ROLE))
    }),
    ...judged(broad, both(ours, roles), ([own, bindings]) => broadLine(broad, own, bindings, facts)),
    ...agentLines(facts),
  ]
}

function thereLine(
  what: string,
  own: OurAccounts,
  all: readonly Account[],
  { where }: OfCloud,
  mends: Mends,
): Found {
  // Those of another project cannot be listed here.
  const listed = Object.values(own).filter((email) =>
    email.endsWith(`@${where.project}.iam.gserviceaccount.com`),
  )
  const missing = listed.filter((email) => !all.some((one) => one.email === email))
  if (missing.length > 0) return bad(what, `missing: ${named(missing)}`, mends.apply())
  const [disabled] = all.filter((one) => one.disabled && listed.includes(one.email))
  if (disabled === undefined) return ok(what, `${listed.length} of ${listed.length}`)
  const enable = ['iam', 'service-accounts', 'enable', disabled.email, `--project=${where.project}`]
  return bad(what, `${disabled.email} is disabled`, shellLine(enable))
}

function broadLine(what: string, own: OurAccounts, bindings: readonly Binding[], facts: OfCloud): Found {
  const held = Object.values(own).flatMap((email) =>
    rolesOf(email, bindings).map((role) => ({ email, role })),
  )
  const [first] = held.filter(({ role }) => BROAD.includes(role))
  if (first !== undefined)
    return bad(what, `${first.email} has ${first.role}`, revoke(facts, first.email, first.role))
  const [more] = held.filter(({ role }) => role !== STORE_ROLE && !HARMLESS.includes(role))
  if (more === undefined) return ok(what, 'nothing beyond what is needed')
  return warn(
    what,
    `${more.email} has ${more.role} in the whole project, which is not needed`,
    revoke(facts, more.email, more.role),
  )
}

/** Enabling its API gives it the role; taken away, no tick is signed. */
function agentLines(facts: OfCloud): Found[] {
  const what = 'Cloud Scheduler may sign its ticks'
  const { roles, apis } = facts.cloud
  return judged(what, both(roles, apis), ([bindings, { project_number }]) => {
    const agents = bindings.flatMap(({ role, members }) => (role === AGENT_ROLE ? members : []))
    if (agents.length > 0) return ok(what, `its agent has ${AGENT_ROLE}`)
    const agent = `service-${project_number ?? 'PROJECT_NUMBER'}@gcp-sa-cloudscheduler.iam.gserviceaccount.com`
    return bad(what, `nobody has ${AGENT_ROLE}`, grant(facts, agent, AGENT_ROLE))
  })
}

function rolesOf(email: string, bindings: readonly Binding[]): string[] {
  return bindings.flatMap(({ role, members }) => (members.includes(`serviceAccount:${email}`) ? [role] : []))
}

function grant({ where }: OfCloud, email: string, role: string): string {
  return binding('add-iam-policy-binding', where.project, email, role)
}

function revoke({ where }: OfCloud, email: string, role: string): string {
  return binding('remove-iam-policy-binding', where.project, email, role)
}

function binding(verb: string, project: string, email: string, role: string): string {
  const args = ['projects', verb, project, `--member=serviceAccount:${email}`, `--role=${role}`]
  return shellLine([...args, '--condition=None'])
}
