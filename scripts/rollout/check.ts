import { type ForPeople, forPeople } from '../../functions/rollout/criteria.ts'
import { type Evidence, withProbes } from '../../functions/rollout/evidence.ts'
import type { Target } from '../../functions/rollout/gate/check.ts'
import type { Verdict } from '../../functions/rollout/gate/finding.ts'
import { nextOf } from '../../functions/rollout/gate/order.ts'
import { type GateLine, judge, verdictOf } from '../../functions/rollout/gate.ts'
import type { Hands } from './perform.ts'
import { peopleLines, tableLines, verdictLine } from './print.ts'
import { bearerOf, probe } from './probes.ts'
import { readQaPass } from './qa-pass.ts'

/** A gate, judged. */
export interface Judged {
  readonly to: Target
  readonly verdict: Verdict
  readonly lines: readonly GateLine[]
  readonly for_people: readonly ForPeople[]
  readonly evidence: Evidence
}

/** What `check --json` prints. */
export interface CheckDocument extends Judged {
  readonly platform: string
  readonly environment: string
  readonly from: number
  /** Who checked. */
  readonly by: string
  /** ISO 8601. */
  readonly checked_at: string
}

/** Reads the evidence, looks from outside, and judges the gate to a stage; null: to the next. */
export async function judgeGate(hands: Hands, to: number | null, qa_pass: string | null): Promise<Judged> {
  const pass = qa_pass === null ? {} : { qa_pass: await readQaPass(qa_pass) }
  const flags = await hands.platform.flags()
  const [told, probes] = await Promise.all([hands.service.evidence(), probe(hands, flags)])
  const evidence = withProbes(told, { ...probes, ...pass })
  return judged(evidence, targetOf(to) ?? nextOf(evidence))
}

/** Judges evidence as it is. */
export function judged(evidence: Evidence, to: Target): Judged {
  const lines = judge(evidence, to)
  return { to, verdict: verdictOf(lines), lines, for_people: forPeople(to), evidence }
}

/** The gate as one JSON document. */
export async function documentOf(gate: Judged, { platform }: Hands): Promise<CheckDocument> {
  const { evidence } = gate
  return {
    platform: platform.name,
    environment: evidence.environment,
    from: evidence.stage,
    by: bearerOf(await platform.token()) ?? platform.name,
    checked_at: new Date(evidence.read_at).toISOString(),
    ...gate,
  }
}

/** The gate for people. */
export function gateLines({ to, verdict, lines, for_people, evidence }: Judged): string[] {
  return [
    ...tableLines(lines),
    ...peopleLines(for_people),
    '',
    verdictLine(verdict, `Gate from stage ${evidence.stage} to ${gateName(to)}`, lines),
  ]
}

function gateName(to: Target): string {
  return to === '30d' ? 'the review after 30 days' : String(to)
}

function targetOf(to: number | null): Target | null {
  return TARGETS.find((one) => one === to) ?? null
}

const TARGETS: readonly Target[] = [1, 2, 3, 4, 5]
