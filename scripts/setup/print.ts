import { status } from '@grpc/grpc-js'
import type { Step } from './plan.ts'
import { codeOf } from './retries.ts'
import type { Spec } from './spec.ts'

const HINTS: Partial<Record<status, string>> = {
  [status.UNAVAILABLE]: 'Cloud Scheduler cannot be reached; check the network, or SCHEDULER_API_ENDPOINT.',
  [status.DEADLINE_EXCEEDED]: 'Cloud Scheduler did not answer in time; run this again.',
  [status.PERMISSION_DENIED]:
    'Grant the caller roles/cloudscheduler.admin, and roles/iam.serviceAccountUser on the scheduler account; check that cloudscheduler.googleapis.com is enabled.',
  [status.UNAUTHENTICATED]: 'Run: gcloud auth application-default login',
  [status.NOT_FOUND]: 'Check GOOGLE_CLOUD_PROJECT and SCHEDULER_LOCATION.',
}

/** One step as lines for people: what, which job, and for a change each field before and after. */
export function stepLines(step: Step): string[] {
  const head = `${step.kind.padEnd(9)} ${step.id}${noteOf(step)}`
  if (step.kind === 'update') {
    return [head, ...step.changes.map(({ field, from, to }) => `  ${field}: ${shown(from)} -> ${shown(to)}`)]
  }
  return step.kind === 'create' ? [head, ...fieldLines(step.spec)] : [head]
}

/** A failed call in one line, with what to do next where that is known. */
export function failureLine(error: unknown): string {
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const hint = code === undefined ? undefined : HINTS[code]
  return hint === undefined ? text : `${text}. ${hint}`
}

function fieldLines(spec: Spec): string[] {
  return Object.entries(spec).flatMap(([field, value]) =>
    field === 'id' ? [] : [`  ${field}: ${shown(value)}`],
  )
}

const NOTES: Partial<Record<Step['kind'], string>> = {
  orphan: ' belongs to no lane of SCHEDULER_LANES; --delete removes it',
  missing: ' does not exist; run the setup first',
  foreign: ' was not made by this setup and is left alone; rename the lane or the job',
}

function noteOf(step: Step): string {
  if (step.kind === 'create' && step.paused) return ' (paused)'
  return step.kind === 'unchanged' ? ` (${step.state})` : (NOTES[step.kind] ?? '')
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
