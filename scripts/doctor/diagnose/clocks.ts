import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { placeArgs } from '../../rollout/cloud/update.ts'
import type { ClockSeen, Facts } from '../facts.ts'
import { bad, type Found, judged, ok, warn } from '../line.ts'
import { both, derived, type Seen } from '../seen.ts'
import { configOf } from './flags.ts'
import { isOfCloud, type OfCloud } from './of-cloud.ts'

const SET_CLOCK = 'sudo timedatectl set-ntp true'
/** The date of an answer has no fractions of a second. */
const DATE_MS = 1_000

/** The service's clock against the store's, by which leases end, and against this machine's. */
export function clockLines(facts: Facts): Found[] {
  const what = 'this machine and the service have one time'
  return [
    ...(isOfCloud(facts) ? storeLines(facts) : []),
    ...judged(what, both(serviceClock(facts), configOf(facts)), ([seconds, { max_skew_seconds: most }]) => {
      const told = `they differ by ${shown(seconds)}`
      return Math.abs(seconds) <= most
        ? ok(what, told)
        : warn(what, `${told}: instants shown here are off`, SET_CLOCK)
    }),
  ]
}

function storeLines(facts: OfCloud): Found[] {
  const what = 'the store and the service have one time'
  const store = derived(facts.cloud.store_clock, (seen) => offsetOf(seen, DATE_MS))
  return judged(
    what,
    both(both(serviceClock(facts), store), configOf(facts)),
    ([[service, stored], config]) => {
      const skew = Math.abs(service - stored)
      const told = `they differ by ${shown(skew)}, at most ${config.max_skew_seconds} s may be`
      if (skew <= config.max_skew_seconds / 2) return ok(what, told)
      return skew > config.max_skew_seconds
        ? bad(what, `${told}: no tick claims`, newInstances(facts))
        : warn(what, told, newInstances(facts))
    },
  )
}

/** The process's own clock, which no front end has put its date over. */
function serviceClock({ lately }: Facts): Seen<number> {
  return derived(lately, ({ evidence, ...between }) => offsetOf({ said: evidence.read_at, ...between }, 0))
}

/** By how many seconds at least a clock is ahead of this machine's: 0 where the time that the answer took explains it. */
export function offsetOf({ said, asked_at, answered_at }: ClockSeen, resolution_ms: number): number {
  const [first, last] = [asked_at - resolution_ms, answered_at]
  return (said - Math.min(Math.max(said, first), last)) / 1000
}

/** A revision of its own label starts on other machines. */
function newInstances({ where, looked_at }: OfCloud): string {
  const label = `--update-labels=restarted-at=${Math.floor(looked_at / 1000)}`
  return shellLine(['run', 'services', 'update', where.service, ...placeArgs(where), label])
}

function shown(seconds: number): string {
  return `${Math.round(Math.abs(seconds) * 10) / 10} s`
}
