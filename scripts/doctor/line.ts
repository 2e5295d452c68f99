import type { Finding } from '../../functions/rollout/gate/finding.ts'
import type { Seen } from './seen.ts'

/** `unknown`: it could not be looked at, or too little is there to tell by. Never `ok` by default. */
export type Verdict = 'ok' | 'warn' | 'bad' | 'unknown'

/** One thing that was looked at. */
export interface Found {
  readonly what: string
  readonly verdict: Verdict
  /** What was seen, in a sentence. */
  readonly seen: string
  /** The command that mends it, or that shows more where nobody can tell from here; null: there is nothing to do. */
  readonly mend: string | null
}

/** The same, with the group that it is shown in. */
export interface Line extends Found {
  readonly group: string
}

export function ok(what: string, seen: string): Found {
  return { what, verdict: 'ok', seen, mend: null }
}

export function bad(what: string, seen: string, mend: string | null): Found {
  return { what, verdict: 'bad', seen, mend }
}

export function warn(what: string, seen: string, mend: string | null): Found {
  return { what, verdict: 'warn', seen, mend }
}

export function unknown(what: string, reason: string): Found {
  return { what, verdict: 'unknown', seen: reason, mend: null }
}

/** Judges what was seen; what could not be looked at is unknown, with its reason. */
export function judged<T>(
  what: string,
  seen: Seen<T>,
  judge: (value: T) => Found | readonly Found[],
): Found[] {
  return seen.ok ? [judge(seen.value)].flat() : [unknown(what, seen.reason)]
}

/** Nothing may be wrong: `wrong` names what is, one after the other. */
export function none(what: string, wrong: readonly string[], fine: string, mend: string | null): Found {
  return wrong.length === 0 ? ok(what, fine) : bad(what, named(wrong), mend)
}

/** A gate's finding as a line. */
export function fromFinding(
  what: string,
  { measured, required, verdict }: Finding,
  mend: string | null,
): Found {
  if (verdict === 'pass') return ok(what, measured)
  if (verdict === 'inconclusive') return unknown(what, measured)
  return bad(what, `${measured}; required: ${required}`, mend)
}

const MOST_NAMED = 4

/** A list for people, cut where it is long. */
export function named(names: readonly string[], most: number = MOST_NAMED): string {
  const more = names.length - most
  return names.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
