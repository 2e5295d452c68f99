import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Series } from './series.ts'

/** An alert as a rule of Prometheus. */
export interface Rule {
  readonly id: string
  /** PromQL, with its comparison. */
  readonly expr: string
  readonly for_seconds: number
}

/** Series that begin at second 0, with a value every `step_seconds`, and what is asked of them. */
export interface Case {
  readonly series: readonly Series[]
  readonly step_seconds: number
  readonly questions: readonly Question[]
}

/** PromQL to be evaluated at a second. */
export interface Question {
  readonly expr: string
  readonly at_seconds: number
}

/** The series that an expression came to, with their values. */
export type Answer = readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]

/** As Terraform sets `evaluation_interval`. */
const EVERY_SECONDS = 30
const MOST_BYTES = 256 * 1024 * 1024
const PROMTOOL = process.env.PROMTOOL ?? 'promtool'

/** Why PromQL cannot be evaluated here; null where it can. Tests that need it are skipped then, and say so. */
export const NO_PROMTOOL: string | null = reason()

function reason(): string | null {
  if (spawnSync(PROMTOOL, ['--version']).error === undefined) return null
  const lacking = 'promtool is not here (Debian: apt-get install prometheus, or set PROMTOOL)'
  process.stderr.write(`\nTests of the alerts are SKIPPED: ${lacking}.\n`)
  return lacking
}

/**
 * Evaluates the alerts over each case's series as Prometheus does, every 30 s or as told, and answers each case's questions, in
 * their order. `ALERTS{alertstate="firing"}` can be asked for, too. Rejects with what promtool says of rules that it
 * cannot read.
 */
export async function evaluate(
  rules: readonly Rule[],
  cases: readonly Case[],
  every_seconds: number = EVERY_SECONDS,
): Promise<readonly (readonly Answer[])[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tickover-rules-'))
  try {
    await writeFile(join(folder, 'rules.json'), JSON.stringify(ruleFile(rules, every_seconds)))
    await writeFile(join(folder, 'test.json'), JSON.stringify(testFile(cases, every_seconds)))
    const answers = answersIn(await run(folder))
    const wanted = cases.reduce((sum, { questions }) => sum + questions.length, 0)
    if (answers.length !== wanted)
      throw new Error(`promtool gave ${answers.length} answers to ${wanted} questions`)
    const left = [...answers]
    return cases.map(({ questions }) => left.splice(0, questions.length))
  } finally {
    await rm(folder, { recursive: true })
  }
}

function ruleFile(rules: readonly Rule[], every_seconds: number) {
  const alerts = rules.map(({ id, expr, for_seconds }) => ({ alert: id, expr, for: `${for_seconds}s` }))
  return {
    groups: alerts.length === 0 ? [] : [{ name: 'alerts', interval: `${every_seconds}s`, rules: alerts }],
  }
}

function testFile(cases: readonly Case[], every_seconds: number) {
  const tests = cases.map(({ series, step_seconds, questions }) => ({
    interval: `${step_seconds}s`,
    input_series: series.map(({ name, labels, values }) => ({
      series: `${name}{${Object.entries(labels)
        .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
        .join(',')}}`,
      values: values.map((value) => value ?? '_').join(' '),
    })),
    // promtool tells a value only where it is not as expected: nothing is ever expected, and something always found.
    promql_expr_test: questions.map(({ expr, at_seconds }) => ({
      expr: `${expr} or on() label_replace(vector(0), "asked", "yes", "", "")`,
      eval_time: `${at_seconds}s`,
    })),
  }))
  return { rule_files: ['rules.json'], evaluation_interval: `${every_seconds}s`, tests }
}

function run(folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const args = ['test', 'rules', join(folder, 'test.json')]
    execFile(PROMTOOL, args, { maxBuffer: MOST_BYTES }, (_error, stdout, stderr) => {
      const said = `${stdout}${stderr}`
      if (said.includes('    got: ')) resolve(said)
      else reject(new Error(`promtool evaluated nothing: ${said.slice(0, 2000)}`))
    })
  })
}

function answersIn(said: string): readonly Answer[] {
  return [...said.matchAll(/^\s+got: (.*)$/gm)].map(([, text = '']) =>
    [...text.matchAll(/(\{(?:[^"{}]|"(?:[^"\\]|\\.)*")*\}) (\S+?)(?=, \{|$)/g)]
      .map(([, labels = '', value = '']) => ({ labels: labelsIn(labels), value: numberOf(value) }))
      .filter(({ labels }) => labels.asked === undefined),
  )
}

function labelsIn(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g)]
  return Object.fromEntries(pairs.map(([, label = '', value = '""']) => [label, JSON.parse(value) as string]))
}

function numberOf(text: string): number {
  return text === '+Inf'
    ? Number.POSITIVE_INFINITY
    : text === '-Inf'
      ? Number.NEGATIVE_INFINITY
      : Number(text)
}
