import type { Config, Env } from '../../../functions/config.ts'
import { loadConfig, textOf } from '../../../functions/config.ts'
import { dictionary, shellLine } from '../../rollout/cloud/gcloud.ts'
import { placeArgs } from '../../rollout/cloud/update.ts'
import { problemsOf } from '../../rollout/flags.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, named, none, ok } from '../line.ts'
import type { Mends } from '../mends.ts'
import { both, type Seen } from '../seen.ts'
import { type OfCloud, pageOf } from './of-cloud.ts'

/** What the flags say, once nothing is wrong with them. */
export function configOf({ flags }: Pick<Facts, 'flags'>): Seen<Config> {
  if (!flags.ok) return flags
  if (problemsOf(flags.value).length > 0) return { ok: false, reason: 'the flags must be right first' }
  return { ok: true, value: loadConfig(flags.value) }
}

/** Would a service start with them? */
export function flagLines({ flags }: Facts, mends: Mends): Found[] {
  return judged('the flags are right, and go together', flags, (env) =>
    none(
      'the flags are right, and go together',
      problemsOf(env),
      `ROLLOUT_STAGE ${textOf(env, 'ROLLOUT_STAGE') ?? 'unset (5)'}, nothing to correct`,
      mends.apply() ?? 'npm run config',
    ),
  )
}

/** A file is one process's, and goes with its instance. */
export function storageLines(facts: Facts, mends: Mends): Found[] {
  const what = 'the storage suits the environment'
  return judged(what, configOf(facts), ({ environment, storage, storage_file }) => {
    const told = `${storage} in ${environment}`
    if (environment !== 'production' || storage === 'firestore') return ok(what, told)
    const move = `rollback --partial --storage firestore --file ${storage_file} --apply`
    return bad(what, `${told}: one instance, and what it holds is lost with its disk`, mends.rollout(move))
  })
}

/** Set apart for each of the two, or read from secrets. */
const MAY_DIFFER = /^SCHEDULER_(SURFACE|IAP_AUDIENCE)$|_TOKEN$|_WEBHOOK_SECRET$/

/** Both services are one program: a page with other flags shows what is not so. */
export function pageFlagLines(facts: OfCloud): Found[] {
  const what = 'the page has the flags of the api service'
  const right = both(configOf(facts), facts.flags)
  return judged(what, both(right, facts.cloud.services), ([[, flags], services]) => {
    const page = pageOf(facts, services)
    if (page === undefined) return []
    const differing = namesIn(flags, page.env).filter(
      (name) => textOf(flags, name) !== textOf(page.env, name),
    )
    if (differing.length === 0) return ok(what, 'all the same')
    return bad(what, `different: ${named(differing)}`, updateCommand(facts, page.name, flags, differing))
  })
}

function namesIn(...envs: readonly Env[]): string[] {
  const names = new Set(envs.flatMap((env) => Object.keys(env)))
  return [...names].filter((name) => !MAY_DIFFER.test(name)).toSorted()
}

function updateCommand({ where }: OfCloud, page: string, flags: Env, names: readonly string[]): string {
  const set = names.flatMap((name) => {
    const text = textOf(flags, name)
    return text === null ? [] : [[name, text] as const]
  })
  const unset = names.filter((name) => textOf(flags, name) === null)
  return shellLine([
    'run',
    'services',
    'update',
    page,
    ...placeArgs(where),
    ...(set.length > 0 ? [`--update-env-vars=${dictionary(set)}`] : []),
    ...(unset.length > 0 ? [`--remove-env-vars=${unset.join(',')}`] : []),
  ])
}
