import { parseArgs } from 'node:util'
import { FAULTS } from './faults.ts'
import { BEHAVIOURS } from './jobs.ts'
import { ACTIONS } from './people.ts'
import { REGISTRATIONS } from './registrations.ts'
import { simulate, TROUBLES } from './simulate.ts'
import { TRANSITIONS } from './steps.ts'
import { COMPLETIONS } from './targets.ts'
import { told } from './told.ts'

const HELP = `Runs the protocol in simulated worlds full of crashes, lost replies and wrong clocks, and checks the laws at every step.

  npm run simulate                   200 worlds
  npm run simulate -- --seeds 5000   a longer proof
  npm run simulate -- --seed 7       one world again, with all that it counted

Exit code: 0 the laws held and every trouble occurred, 1 not so, 2 wrong usage.
`

/** What has to occur in some world, or the proof is worth nothing. */
const EVERYTHING = [FAULTS, BEHAVIOURS, TRANSITIONS, TROUBLES, ACTIONS, COMPLETIONS, REGISTRATIONS].flat()

const { values, problem } = readArguments()
if (values.help || problem !== null) {
  process.stdout.write(problem === null ? HELP : `${problem}\n\n${HELP}`)
  process.exit(problem === null ? 0 : 2)
}
const one = values.seed === undefined ? null : Number(values.seed)
const seeds = one === null ? Number(values.seeds) : 1
const counts = new Map<string, number>()
let broken = 0
for (let index = 0; index < seeds; index++) {
  const seed = one ?? index + 1
  const simulated = await simulate(seed, true)
  for (const [what, count] of simulated.counts) counts.set(what, (counts.get(what) ?? 0) + count)
  for (const violation of simulated.violations.slice(0, 1)) process.stdout.write(`${told(seed, violation)}\n`)
  broken += Math.min(1, simulated.violations.length)
  if ((index + 1) % 100 === 0) process.stdout.write(`${index + 1} of ${seeds} worlds\n`)
}
for (const [what, count] of [...counts].toSorted(([a], [b]) => a.localeCompare(b)))
  process.stdout.write(`${String(count).padStart(10)}  ${what}\n`)
const missing = one === null ? EVERYTHING.filter((what) => !counts.has(what)) : []
for (const what of missing) process.stdout.write(`Never occurred, so nothing is proven of it: ${what}\n`)
process.stdout.write(`${seeds - broken} of ${seeds} worlds kept the laws\n`)
process.exit(broken + missing.length === 0 ? 0 : 1)

function readArguments() {
  try {
    const options = {
      seeds: { type: 'string', default: '200' },
      seed: { type: 'string' },
      help: { type: 'boolean' },
    } as const
    const { values } = parseArgs({ options })
    const wrong = [values.seeds, values.seed ?? '1'].find((text) => !/^[1-9]\d{0,6}$/.test(text))
    return {
      values,
      problem: wrong === undefined ? null : `A number of seeds is 1 to 9999999, not "${wrong}".`,
    }
  } catch (error) {
    return { values: { help: true, seeds: '1', seed: undefined }, problem: (error as Error).message }
  }
}
