import { duration } from '../../../functions/rollout/gate/finding.ts'
import catalog from '../../../infra/catalog.json' with { type: 'json' }
import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { bad, type Found, judged, named, none, ok, warn } from '../line.ts'
import type { Policy } from '../look/answers/monitoring.ts'
import { WATCH_HOURS, WATCH_JOB } from '../look/commands.ts'
import type { Mends } from '../mends.ts'
import { both } from '../seen.ts'
import { configOf } from './flags.ts'
import type { OfCloud } from './of-cloud.ts'
import { ourAccounts } from './roles.ts'

const ALERTS: Readonly<Record<string, { readonly stages: readonly number[] }>> = catalog.alerts
const METRICS: Readonly<Record<string, { readonly filter: string }>> = catalog.metrics
/** It comes every five minutes. */
const WATCH_LATE_SECONDS = 900

/** Does somebody hear of it when something goes wrong? */
export function monitoringLines(facts: OfCloud, mends: Mends): Found[] {
  return [
    ...metricLines(facts, mends),
    ...alertLines(facts, mends),
    ...channelLines(facts, mends),
    ...watchLines(facts, mends),
  ]
}

function metricLines({ cloud }: OfCloud, mends: Mends): Found[] {
  const what = 'the log-based metrics are there'
  return judged(what, cloud.metrics, (found) => {
    const isRight = ([name, { filter }]: readonly [string, { readonly filter: string }]) =>
      found.some((one) => one.name === `tickover/${name}` && one.filter.includes(filter))
    const wrong = Object.entries(METRICS).filter((metric) => !isRight(metric))
    const total = Object.keys(METRICS).length
    return none(
      what,
      wrong.map(([name]) => `tickover/${name} is missing, or counts something else`),
      `${total} of ${total}`,
      mends.apply(),
    )
  })
}

/** Each alert has its policy; at a stage that it is for, that is switched on, unless somebody chose otherwise. */
function alertLines(facts: OfCloud, mends: Mends): Found[] {
  const what = 'the alerts are switched on'
  return judged(what, both(configOf(facts), facts.cloud.policies), ([{ stage }, policies]) => {
    const of = (id: string) => policies.find(({ alert }) => alert === id)
    const missing = Object.keys(ALERTS).filter((id) => of(id) === undefined)
    if (missing.length > 0) return bad(what, `missing: ${named(missing)}`, mends.apply())
    const wanted = Object.keys(ALERTS).filter((id) => ALERTS[id]?.stages.includes(stage))
    const off = wanted.filter((id) => of(id)?.enabled === false)
    const chosen = off.filter((id) => of(id)?.off_by_choice === true)
    if (off.length > chosen.length) {
      const others = off.filter((id) => !chosen.includes(id))
      return warn(what, `off at stage ${stage}: ${named(others)}`, mends.apply())
    }
    const told = `${wanted.length - off.length} at stage ${stage}, of ${Object.keys(ALERTS).length}`
    return ok(what, chosen.length === 0 ? told : `${told}; off by choice: ${named(chosen)}`)
  })
}

/** In qa there may be nobody to hear them: its tfvars name no channel. */
function channelLines(facts: OfCloud, mends: Mends): Found[] {
  const what = 'somebody hears the alerts'
  const { policies, channels } = facts.cloud
  return judged(what, both(configOf(facts), both(policies, channels)), ([{ environment }, [all, places]]) => {
    const reached = places.filter(({ reaches }) => reaches)
    const isHeard = (policy: Policy) =>
      policy.channels.some((name) => reached.some((one) => one.name === name))
    const ours = all.filter(({ alert }) => alert !== null)
    const deaf = ours.filter((policy) => !isHeard(policy))
    if (ours.length === 0) return bad(what, 'there is no alert policy of ours', mends.apply())
    if (deaf.length === 0) return ok(what, named(reached.map(({ title }) => title)))
    if (environment === 'qa' && ours.every((policy) => policy.channels.length === 0))
      return ok(what, 'no channel is named, as qa.tfvars has it: they are seen by whoever looks')
    const told = `no channel that works for ${named(deaf.map(({ alert }) => alert ?? ''))}`
    return environment === 'qa' ? warn(what, told, mends.apply()) : bad(what, told, mends.apply())
  })
}

/** The dead-man's switch: the job where somebody said where it is, and that it comes. */
function watchLines(facts: OfCloud, mends: Mends): Found[] {
  const what = 'the watch comes from another region'
  const { watch, watch_region, watch_asked_at } = facts.cloud
  const config = configOf(facts)
  if (config.ok && config.value.stage === 0) return []
  return [
    ...(watch === null || watch_region === null ? [] : watchJobLines(facts, watch, watch_region, mends)),
    ...judged(what, watch_asked_at, (at) => {
      const age = at === null ? null : Math.max(0, facts.looked_at - at) / 1000
      if (age !== null && age <= WATCH_LATE_SECONDS) return ok(what, `it asked ${duration(age)} ago`)
      const told = age === null ? `it has not asked in ${WATCH_HOURS} h` : `it asked ${duration(age)} ago`
      return bad(what, `${told}; it should every five minutes`, resumeWatch(facts) ?? mends.apply())
    }),
  ]
}

function watchJobLines(
  facts: OfCloud,
  watch: NonNullable<OfCloud['cloud']['watch']>,
  region: string,
  mends: Mends,
): Found[] {
  const what = `${WATCH_JOB} in ${region}`
  return judged(what, both(both(watch, configOf(facts)), ourAccounts(facts)), ([[job, config], accounts]) => {
    if (job.state !== 'ENABLED') return bad(what, `it is ${job.state}`, resumeWatch(facts))
    if (job.audience !== config.audience || job.account !== accounts.watch)
      return bad(
        what,
        `it signs as ${job.account ?? 'nobody'} for ${job.audience ?? 'nobody'}`,
        mends.apply(),
      )
    // 503 is how the function tells it that jobs are overdue, which has a line of its own.
    return ok(what, `ENABLED${job.last_code === null ? ', has not asked yet' : ''}`)
  })
}

function resumeWatch({ where, cloud }: OfCloud): string | null {
  if (cloud.watch_region === null) return null
  const args = ['scheduler', 'jobs', 'resume', WATCH_JOB, `--location=${cloud.watch_region}`]
  return shellLine([...args, `--project=${where.project}`])
}
