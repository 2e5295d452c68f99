import { COUNTS } from './counts.ts'
import { OUTSIDE } from './outside.ts'
import { SETTINGS } from './settings.ts'
import { SHADOW_CHECKS } from './shadow.ts'

/** Every check there is, by the id of its line. */
export const CHECKS = { ...SETTINGS, ...OUTSIDE, ...COUNTS, ...SHADOW_CHECKS }

/** The id of a line. */
export type LineId = keyof typeof CHECKS
