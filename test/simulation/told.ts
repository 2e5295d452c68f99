import { LAWS, type Violation } from './laws.ts'

/** A violation in words, with the command that shows it again. */
export function told(seed: number, { law, at, what }: Violation): string {
  return `${LAWS[law]}: ${what}, at ${new Date(at).toISOString()} (npm run simulate -- --seed ${seed})`
}
