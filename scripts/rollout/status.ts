import type { Config } from '../../functions/config.ts'
import type { Evidence } from '../../functions/rollout/evidence.ts'
import { duration } from '../../functions/rollout/gate/finding.ts'
import { hasJobs, type Path, type Rollout, STAGES, shadowPath } from '../../functions/rollout/stage.ts'
import type { Judged } from './check.ts'
import type { Revision } from './platform.ts'
import { instantText, tableLines } from './print.ts'

/** All that a status is made from. */
export interface Seen {
  readonly platform: string
  readonly config: Config
  readonly revisions: readonly Revision[]
  readonly gate: Judged
}

/** The days of stage 4 at which the posts guide looks back. */
const REVIEWS = [1, 3, 6, 14]
const DAY_MS = 86_400_000
const MOST_REVISIONS = 5

/** Where the rollout stands, and what is missing for the next stage. */
export function statusLines({ platform, config, revisions, gate }: Seen): string[] {
  const { evidence } = gate
  const { stage, environment, stage_since, read_at } = evidence
  const since =
    stage_since === null
      ? 'no tick has told it yet'
      : `since ${instantText(stage_since)} (${duration((read_at - stage_since) / 1000)})`
  return [
    `${platform}, ${environment}`,
    '',
    `stage      ${stage} ${STAGES[stage] ?? ''}, ${since}`,
    `live       ${liveText(config)}`,
    `shadow     ${shadowText(config, evidence)}`,
    `storage    ${evidence.storage}, leases of ${duration(evidence.lease_seconds)}`,
    `cadence    ${evidence.cadence} (every ${duration(evidence.cadence_seconds)}), lanes ${lanesText(config)}`,
    `flags      ${flagsText(config)}`,
    `revisions  ${revisionsText(revisions, evidence)}`,
    `overdue    ${evidence.backlog === null ? 'not known' : `${evidence.backlog.overdue} jobs`}`,
    `leases     ${leasesText(evidence)}`,
    ...schedulerLines(evidence),
    '',
    ...missingLines(gate),
    '',
    ...reviewLines(evidence),
  ]
}

/** Who claims. */
export function liveText(rollout: Rollout): string {
  const { stage, canary_split, canary_percent, canary_jobs, legacy_loop } = rollout
  const legacy = legacy_loop === 'on' ? 'legacy (the in-process loop)' : 'legacy (an outside scheduler)'
  const [hasLegacy, hasTick] = (['legacy', 'tick'] satisfies Path[]).map((path) => hasJobs(path, rollout))
  if (hasLegacy !== true) return 'tick'
  if (hasTick !== true) return legacy
  if (stage === 3 && canary_split === 'alternate') return `${legacy} and tick in turn, by quarter hours`
  const share = [
    ...(canary_percent > 0 ? [`${canary_percent} %`] : []),
    ...(canary_jobs.length > 0 ? [canary_jobs.join(', ')] : []),
  ]
  return `${legacy}; the canary (${share.join(' and ')}) tick`
}

function shadowText(config: Config, { shadow }: Evidence): string {
  const path = shadowPath(config)
  if (path === null) return 'none'
  if (shadow === null || shadow.compared === 0) return `${path}; nothing is compared yet`
  return `${path}; ${shadow.mismatches} of ${shadow.compared} runs differ`
}

function lanesText({ lanes }: Config): string {
  return lanes
    .map(({ name, dwell_seconds }) => (dwell_seconds === null ? name : `${name} (dwells)`))
    .join(', ')
}

/** What slows or speeds the ticks. */
function flagsText(config: Config): string {
  const { concurrency, batch_size, lease_seconds, legacy_loop, shadow_mode, ignore_rules } = config
  return [
    `concurrency ${concurrency}`,
    `batch ${batch_size}`,
    `lease ${lease_seconds} s`,
    `loop ${legacy_loop}`,
    `shadow mode ${shadow_mode ?? 'unset'}`,
    `${ignore_rules.length} ignore rules`,
  ].join(', ')
}

function revisionsText(revisions: readonly Revision[], evidence: Evidence): string {
  const shown = revisions.slice(0, MOST_REVISIONS).map(({ name, serves }) => {
    const claimed = evidence.revisions.find(({ revision }) => revision === name)?.last_claimed_at ?? null
    const told = claimed === null ? '' : `, claimed last ${instantText(claimed)}`
    return `${name}${serves ? ' serves' : ''}${told}`
  })
  return shown.length === 0 ? 'none serves' : shown.join('; ')
}

function leasesText({ leases }: Evidence): string {
  if (leases === null) return 'not known'
  const { legacy, tick } = leases
  const past = legacy.past_end + tick.past_end
  const oldest =
    past === 0 ? '' : `; ${past} past their end, the oldest by ${duration(leases.oldest_past_end_seconds)}`
  return `legacy ${legacy.alive}, tick ${tick.alive} alive${oldest}`
}

function schedulerLines({ probes: { scheduler_jobs: jobs } }: Evidence): string[] {
  if (jobs === null) return ['scheduler  not known']
  if (jobs.length === 0) return ['scheduler  no job; run npm run setup']
  return jobs.map(({ id, state, schedule, last_attempt_age_seconds: age, problems }, index) => {
    const attempt = age === null ? 'never attempted' : `last attempt ${duration(age)} ago`
    const wrong = problems.length === 0 ? '' : `; ${problems.join('; ')}`
    return `${index === 0 ? 'scheduler ' : '          '} ${id} ${state}, ${schedule}, ${attempt}${wrong}`
  })
}

function missingLines({ to, lines }: Judged): string[] {
  const name = to === '30d' ? 'The review after 30 days' : `Stage ${to}`
  const open = lines.filter(({ verdict }) => verdict !== 'pass')
  if (open.length === 0) return [`${name} is open: all ${lines.length} lines of its gate pass.`]
  return [`${name} still misses ${open.length} of ${lines.length}:`, ...tableLines(open)]
}

function reviewLines({ stage, stage_since, read_at }: Evidence): string[] {
  if (stage !== 4 || stage_since === null)
    return stage < 4 ? [`Reviews: on days ${REVIEWS.join(', ')} of stage 4.`] : []
  return [
    'Reviews of stage 4:',
    ...REVIEWS.map((day) => {
      const at = stage_since + day * DAY_MS
      return `  day ${String(day).padEnd(2)}  ${instantText(at)}${at <= read_at ? '  (is past)' : ''}`
    }),
  ]
}
