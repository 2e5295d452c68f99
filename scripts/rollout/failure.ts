import { failureLine } from '../setup/print.ts'
import { codeOf } from '../setup/retries.ts'

/** An error in one line for people: those of Cloud Scheduler with what to do next, which all others say by themselves. */
export function reasonOf(error: unknown): string {
  if (codeOf(error) !== undefined) return failureLine(error)
  return error instanceof Error ? error.message : String(error)
}
