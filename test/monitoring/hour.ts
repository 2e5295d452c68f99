import { registerHooks } from 'node:module'
import { HOURS } from './hour/faults.ts'
import { createWorld, MINUTE } from './hour/world.ts'

// An hour of the function in seconds: `node test/monitoring/hour.ts NAME`. All that it prints are the function's log lines.

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === './store/json.ts'
      ? next(new URL('hour/store.ts', import.meta.url).href, context)
      : next(specifier, context),
})

const hour = HOURS[process.argv[2] ?? '']
if (hour === undefined) throw new Error(`Name an hour: ${Object.keys(HOURS).join(', ')}`)
const world = await createWorld(hour)
const began = Math.floor(world.clock.now() / MINUTE) * MINUTE
const turns = hour.faults.flatMap(({ from, to, begin, end }) => [
  { minute: from, happens: begin },
  { minute: to, happens: end },
])
for (const { minute, happens } of turns.toSorted((a, b) => a.minute - b.minute)) {
  await world.clock.advanceTo(began + minute * MINUTE)
  happens?.(world)
}
await world.clock.advanceTo(began + 60 * MINUTE)
process.exit(0)
