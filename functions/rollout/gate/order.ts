import type { Evidence } from '../evidence.ts'
import type { Target } from './check.ts'

/**
 * What comes after the stage that stands. Production takes 1 to 3, on qa's recorded pass of 2; after the last stage comes
 * the review of its first 30 days.
 */
export function nextOf({ stage, environment }: Pick<Evidence, 'stage' | 'environment'>): Target {
  switch (stage) {
    case 0:
      return 1
    case 1:
      return environment === 'production' ? 3 : 2
    case 2:
      return 3
    case 3:
      return 4
    case 4:
      return 5
    default:
      return '30d'
  }
}
