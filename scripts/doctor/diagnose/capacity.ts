import { shellLine } from '../../rollout/cloud/gcloud.ts'
import { placeArgs } from '../../rollout/cloud/update.ts'
import type { Facts } from '../facts.ts'
import { bad, type Found, judged, ok, warn } from '../line.ts'
import { both } from '../seen.ts'
import { configOf } from './flags.ts'
import { apiOf, isOfCloud, type OfCloud } from './of-cloud.ts'

const SLOW_MS = 5_000

/** Is there enough of it where the stage needs it, and are the ticks quick? */
export function capacityLines(facts: Facts): Found[] {
  return [...(isOfCloud(facts) ? [...loopLines(facts), ...processLines(facts)] : []), ...slowLines(facts)]
}

/** Between requests a throttled instance stands still, and the in-process loop with it. */
function loopLines(facts: OfCloud): Found[] {
  const what = 'CPU and instances suit the stage'
  const seen = both(both(configOf(facts), facts.capacity), facts.cloud.services)
  return judged(what, seen, ([[{ legacy_loop }, capacity], services]) => {
    if (capacity === null) return []
    const { cpu_always, min_instances } = capacity
    const most = apiOf(facts, services)?.max_instances ?? 'any number'
    const told = `CPU ${cpu_always ? 'always' : 'during requests only'}, ${min_instances} to ${most} instances`
    if (legacy_loop === 'off') return ok(what, `${told}; no in-process loop runs`)
    if (cpu_always && min_instances >= 1) return ok(what, `${told}, for the in-process loop`)
    const needed = 'the in-process loop needs it always, and one'
    return bad(what, `${told}; ${needed}`, update(facts, '--no-cpu-throttling', '--min=1'))
  })
}

/** Two processes at one file would each overwrite what the other wrote. */
function processLines(facts: OfCloud): Found[] {
  const what = 'the json storage has one process'
  const config = configOf(facts)
  if (config.ok && config.value.storage !== 'json') return []
  return judged(what, both(config, facts.cloud.services), ([, services]) => {
    const most = apiOf(facts, services)?.max_instances ?? null
    return most === 1
      ? ok(what, 'at most 1 instance')
      : bad(what, `up to ${most ?? 'any number of'} instances`, update(facts, '--max-instances=1'))
  })
}

/** The guides' rule: over 5 s, look at cold starts, then at the indexes, then split the lanes. */
function slowLines(facts: Facts): Found[] {
  const what = 'ticks are quick'
  return judged(what, facts.day, ({ tick_durations }) => {
    if (tick_durations === null) return ok(what, 'no lane without dwell has ticked in a day')
    const { p50_ms, p99_ms, samples } = tick_durations
    const told = `p50 ${Math.round(p50_ms)} ms, p99 ${Math.round(p99_ms)} ms over ${samples}`
    if (p99_ms <= SLOW_MS) return ok(what, told)
    return warn(
      what,
      `${told}: over ${SLOW_MS / 1000} s it is cold starts, an index, or too much for one lane`,
      warmUp(facts),
    )
  })
}

/** Warm instances first, where there are none; else more lanes, which are flags. */
function warmUp(facts: Facts): string {
  const { capacity } = facts
  const isCold = capacity.ok && capacity.value?.min_instances === 0
  return isCold && isOfCloud(facts) ? update(facts, '--min=1') : 'npm run cost -- --help'
}

function update({ where }: OfCloud, ...flags: readonly string[]): string {
  return shellLine(['run', 'services', 'update', where.service, ...placeArgs(where), ...flags])
}
