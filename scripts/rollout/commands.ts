import { z } from 'zod'
import { loadConfig } from '../../functions/config.ts'
import type { Verdict } from '../../functions/rollout/gate/finding.ts'
import { nextOf } from '../../functions/rollout/gate/order.ts'
import type { ShadowOff } from '../../functions/shadow/comparison.ts'
import type { ShadowReport } from '../../functions/shadow/report.ts'
import { planAdvance } from './advance.ts'
import type { Command } from './arguments.ts'
import { documentOf, gateLines, type Judged, judgeGate } from './check.ts'
import { stageOf } from './flags.ts'
import { type Hands, performAll, seconds } from './perform.ts'
import type { FlagChanges } from './platform.ts'
import { preflight } from './preflight.ts'
import { overall, tableLines, verdictLine } from './print.ts'
import { reportTable } from './report-table.ts'
import { BOUNDS, planRollback, remarks, type Way, wayBack } from './rollback.ts'
import { statusLines } from './status.ts'
import { planLines, type Step } from './steps.ts'

/** Where an answer goes; it may be one JSON document. */
export interface Output {
  readonly answer: (line: string) => void
  readonly tty: boolean
}

type Run = (command: Command, hands: Hands, output: Output) => Promise<number>

const DONE = 0
const NOT_RIGHT = 1
const WRONG_USAGE = 64
const EXIT: Readonly<Record<Verdict, number>> = { pass: 0, fail: 1, inconclusive: 2 }

/** What each command does; it resolves to the exit code. */
export const COMMANDS: Readonly<Record<Command['verb'], Run>> = {
  status: async (_, hands, { answer }) => {
    const { platform } = hands
    const [flags, revisions, gate] = await Promise.all([
      platform.flags(),
      platform.revisions(),
      judgeGate(hands, null, null),
    ])
    statusLines({ platform: platform.name, config: loadConfig(flags), revisions, gate }).forEach(answer)
    return DONE
  },

  preflight: async (_, hands, { answer }) => {
    const rows = await preflight(hands)
    const verdict = overall(rows)
    ;[...tableLines(rows), '', verdictLine(verdict, 'Preflight', rows)].forEach(answer)
    return EXIT[verdict]
  },

  check: async ({ to, qa_pass, json }, hands, { answer }) => {
    const gate = await judgeGate(hands, to, qa_pass)
    if (json) answer(JSON.stringify(await documentOf(gate, hands), null, 2))
    else gateLines(gate).forEach(answer)
    return EXIT[gate.verdict]
  },

  advance,
  rollback,

  report: async ({ job, json }, { service }, { answer, tty }) => {
    const report = shadowAnswer.parse(await service.shadowReport(job))
    if (json) answer(JSON.stringify(report, null, 2))
    else reportTable(report, { tty, job }).forEach(answer)
    return DONE
  },
}

const shadowAnswer = z.custom<ShadowReport | ShadowOff>(
  (value) => typeof value === 'object' && value !== null && 'status' in value,
  'The service answers a report that cannot be read here. Use the same version on both sides.',
)

async function advance(command: Command, hands: Hands, { answer }: Output): Promise<number> {
  const { platform } = hands
  const flags = await platform.flags()
  const from = stageOf(flags)
  const next = nextOf({ stage: from, environment: loadConfig(flags).environment })
  const to = command.to ?? (from === 3 && namesCanary(command) ? from : next)
  if (to === '30d')
    return told(answer, ['Stage 5 is the last; check says how the review after 30 days stands.'], DONE)
  const wish = { ...command.wish, to }
  const first = planAdvance(wish, flags, { reason: command.reason, forced: [] })
  if (first.kind === 'refused') return told(answer, [first.reason, 'See --help.'], WRONG_USAGE)
  if (to === from && changesNothing(first.steps)) return finish(command, first.steps, hands, answer)
  const gate = await judgeGate(hands, to === from ? null : to, command.qa_pass)
  gateLines(gate).forEach(answer)
  const open = openLines(gate, to === from)
  const isForced = command.force && open.length > 0
  const plan = isForced ? planAdvance(wish, flags, { reason: command.reason, forced: open }) : first
  if (plan.kind === 'refused') return told(answer, [plan.reason], WRONG_USAGE)
  const way = to === from ? `within stage ${to}` : `from stage ${from} to ${to}`
  ;['', `What changes, ${way}:`, ...planLines(plan.steps, flags, platform)].forEach(answer)
  if (open.length > 0 && !isForced)
    return told(answer, ['', stopLine(gate, open, to === from)], EXIT[gate.verdict])
  const held = heldBack(command, plan.steps, platform)
  if (held !== null) return told(answer, ['', held.line], held.code)
  return go(plan.steps, to, hands, answer)
}

/** An advance that was cut off after its deployment: no flag changes, so there is nothing for a gate to decide. */
async function finish(
  { apply }: Command,
  steps: readonly Step[],
  hands: Hands,
  answer: Output['answer'],
): Promise<number> {
  const { platform } = hands
  const flags = await platform.flags()
  const to = stageOf(flags)
  answer(`Stage ${to} stands already. What an advance that was cut off may have left:`)
  planLines(steps, flags, platform).forEach(answer)
  return apply ? go(steps, to, hands, answer) : told(answer, ['', NOTHING_CHANGED], DONE)
}

async function go(
  steps: readonly Step[],
  to: number,
  hands: Hands,
  answer: Output['answer'],
): Promise<number> {
  const { seconds: took, problems } = await performAll(steps, hands)
  return told(
    answer,
    [
      ...problemLines(problems),
      `Stage ${to}, in ${seconds(took * 1000)}.`,
      ...keepLines(steps, hands.platform),
    ],
    codeOf(problems),
  )
}

function changesNothing(steps: readonly Step[]): boolean {
  return steps.every((step) => step.kind !== 'deploy' || Object.keys(step.changes).length === 0)
}

/** Where a canary is there already, naming one is about that. */
function namesCanary({ wish: { percent, jobs, alternate } }: Command): boolean {
  return percent !== null || jobs !== null || alternate
}

/** Within a stage nothing new has to be proven, but what fails stops. */
function openLines({ lines }: Judged, isWithin: boolean): string[] {
  const open = lines.filter(({ verdict }) => (isWithin ? verdict === 'fail' : verdict !== 'pass'))
  return open.map(({ id, verdict }) => `${id}: ${verdict}`)
}

function stopLine({ verdict }: Judged, open: readonly string[], isWithin: boolean): string {
  const why = isWithin || verdict === 'fail' ? 'fails' : 'is inconclusive'
  return `Stopped, and nothing was changed: the gate ${why} (${open.join(', ')}). Wait or mend, or say --force --reason TEXT.`
}

async function rollback(command: Command, hands: Hands, { answer }: Output): Promise<number> {
  const { platform } = hands
  const flags = await platform.flags()
  const { loop, storage } = command.wish
  const way: Way = { manner: command.manner, to: command.to, reason: command.reason, loop, storage }
  const plan = planRollback(way, flags)
  if (plan.kind === 'refused') return told(answer, [plan.reason, 'See --help.'], WRONG_USAGE)
  const { seconds: most, guide } = BOUNDS[way.manner]
  ;[`${platform.name}, rollback (${way.manner}):`, ...planLines(plan.steps, flags, platform)].forEach(answer)
  remarks(way, flags).forEach(answer)
  const held = heldBack(command, plan.steps, platform)
  if (held !== null) return told(answer, ['', held.line], held.code)
  answer('')
  const { seconds: took, problems } = await performAll(plan.steps, hands)
  const undo: FlagChanges = way.manner === 'throttle' ? wayBack(plan.steps, flags) : {}
  return told(
    answer,
    [
      ...problemLines(problems),
      ...(Object.keys(undo).length === 0 ? [] : undoLines(platform.commandsFor(undo))),
      `Rolled back in ${seconds(took * 1000)}: ${took <= most ? 'within' : 'OVER'} the bound (${guide}).`,
      ...keepLines(plan.steps, platform),
    ],
    codeOf(problems),
  )
}

const NOTHING_CHANGED = 'Nothing was changed. Say --apply to do it.'

function undoLines(commands: readonly string[]): string[] {
  return [
    '',
    'To undo it:',
    ...commands.map((line) => `  $ ${line}`),
    '  then npm run setup with those flags',
  ]
}

/** Why nothing is done: a state that could not be moved is known before anything is paused or stopped for it; or it was not asked for. */
function heldBack(
  { apply }: Command,
  steps: readonly Step[],
  platform: Hands['platform'],
): { readonly line: string; readonly code: number } | null {
  const problem = steps.some(({ kind }) => kind === 'copy') ? platform.copyProblem?.() : null
  if (problem != null) return { line: problem, code: WRONG_USAGE }
  return apply ? null : { line: NOTHING_CHANGED, code: DONE }
}

/** Where the flags of the deployments have to be written down, too. */
function keepLines(steps: readonly Step[], platform: Hands['platform']): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'deploy' ? (platform.keep?.(step.changes) ?? []) : []))
}

function problemLines(problems: readonly string[]): string[] {
  return problems.length === 0 ? [''] : ['', ...problems.map((problem) => `NOT RIGHT: ${problem}`)]
}

function codeOf(problems: readonly string[]): number {
  return problems.length === 0 ? DONE : NOT_RIGHT
}

function told(answer: (line: string) => void, lines: readonly string[], code: number): number {
  lines.forEach(answer)
  return code
}
