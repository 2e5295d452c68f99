import type { Call } from '../../functions/target/target.ts'

/** For tests without HTTP targets: an attempt that meets one fails, and says so. */
export const noCalls: Call = async () => ({ kind: 'failed', error: 'This test calls nobody', items: null })
