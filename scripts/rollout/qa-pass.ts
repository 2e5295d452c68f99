import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { jsonOrNull } from '../../functions/json.ts'
import { type Evidence, type Probes, parseEvidence } from '../../functions/rollout/evidence.ts'
import { judge, verdictOf } from '../../functions/rollout/gate.ts'
import { reasonOf } from './failure.ts'

const document = z.looseObject({ by: z.string().min(1), evidence: z.unknown() })

/**
 * Reads what `check --json` printed at stage 2 in qa, and judges it again. Rejects with what is wrong when it is not a
 * passed gate from 2 to 3 in qa.
 */
export async function readQaPass(path: string): Promise<NonNullable<Probes['qa_pass']>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new Error(`The file of --qa-pass cannot be read: ${reasonOf(error)}.`)
  })
  const parsed = document.safeParse(jsonOrNull(text))
  const evidence = parsed.success ? evidenceOrNull(parsed.data.evidence) : null
  if (!parsed.success || evidence === null)
    throw new Error(`${path} is not what check --json prints; save that at stage 2 in qa, and name the file.`)
  const reason = objection(evidence)
  if (reason !== null) throw new Error(`${path} is no pass of stage 2 in qa: ${reason}.`)
  return { passed_at: evidence.read_at, by: parsed.data.by }
}

function objection(evidence: Evidence): string | null {
  if (evidence.environment !== 'qa') return `it was made in ${evidence.environment}`
  if (evidence.stage !== 2) return `it was made at stage ${evidence.stage}`
  const lines = judge(evidence, 3)
  if (verdictOf(lines) === 'pass') return null
  const open = lines
    .filter(({ verdict }) => verdict !== 'pass')
    .map(({ what, verdict }) => `${what}: ${verdict}`)
  return open.join(', ')
}

function evidenceOrNull(value: unknown): Evidence | null {
  try {
    return parseEvidence(value)
  } catch {
    return null
  }
}
