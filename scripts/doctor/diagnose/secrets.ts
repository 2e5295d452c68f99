import { shellLine } from '../../rollout/cloud/gcloud.ts'
import type { SecretSeen } from '../facts.ts'
import { bad, type Found, judged, ok, unknown } from '../line.ts'
import { both } from '../seen.ts'
import type { OfCloud } from './of-cloud.ts'
import { ourAccounts } from './roles.ts'

const READER = 'roles/secretmanager.secretAccessor'

/** Each secret that a flag is read from: there, and open to the runtime account. */
export function secretLines(facts: OfCloud): Found[] {
  const what = 'the secrets can be read'
  return judged(what, both(ourAccounts(facts), facts.cloud.secrets), ([{ runtime }, secrets]) => {
    const wrong = secrets.flatMap((secret) => wrongWith(what, secret, runtime, facts))
    if (wrong.length > 0) return wrong
    return secrets.length === 0 ? [] : ok(what, `${secrets.length} of ${secrets.length}`)
  })
}

function wrongWith(
  what: string,
  { name, version, readers }: SecretSeen,
  runtime: string,
  facts: OfCloud,
): Found[] {
  const { project } = facts.where
  const member = `serviceAccount:${runtime}`
  return [
    ...judged(what, version, ({ state }) => {
      if (state === 'ENABLED') return []
      const add = shellLine(['secrets', 'versions', 'add', name, '--data-file=-', `--project=${project}`])
      return bad(what, `the version of ${name} is ${state}`, add)
    }),
    ...judged(what, both(readers, facts.cloud.roles), ([own, all]) => {
      const may = [...own, ...all].some(({ role, members }) => role === READER && members.includes(member))
      if (may) return []
      const args = ['secrets', 'add-iam-policy-binding', name, `--member=${member}`, `--role=${READER}`]
      return bad(what, `${runtime} may not read ${name}`, shellLine([...args, `--project=${project}`]))
    }),
  ].map((found) => (found.verdict === 'unknown' ? unknown(what, `${name}: ${found.seen}`) : found))
}
