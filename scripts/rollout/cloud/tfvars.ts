import type { FlagChanges } from '../platform.ts'

/** Flags that are lists in `infra/flags.tf`. */
const LISTS = ['ROLLOUT_CANARY_JOBS', 'ROLLOUT_EXPECTED_JOBS']

/** What to write into `flags` of a tfvars file, so that the next `terraform apply` leaves these changes as they are. */
export function tfvarLines(changes: FlagChanges): string[] {
  const entries = Object.entries(changes)
  if (entries.length === 0) return []
  return [
    'Terraform owns these flags: write them into flags of your tfvars, or the next apply takes them back. Then apply: which alerts watch depends on the stage.',
    ...(changes.SCHEDULER_STORAGE === 'json'
      ? ['Do not apply in production until the storage is firestore again: Terraform refuses json there.']
      : []),
    ...entries.map(([name, value]) => `  ${tfvarLine(name, value)}`),
  ]
}

function tfvarLine(name: string, value: string | null): string {
  const key = name.toLowerCase()
  return value === null ? `${key}: leave it out` : `${key} = ${literal(name, value)}`
}

function literal(name: string, value: string): string {
  if (LISTS.includes(name)) return JSON.stringify(value.split(',').map((one) => one.trim()))
  return /^(\d+|true|false)$/.test(value) ? value : JSON.stringify(value)
}
