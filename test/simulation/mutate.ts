import { registerHooks } from 'node:module'
import { MUTANTS } from './mutants.ts'

/**
 * Runs the simulation on a mutated protocol: `node mutate.ts INDEX SEEDS`. Prints the first violation as JSON, with the
 * seed that showed it; null when none did.
 */
const mutant = MUTANTS[Number(process.argv[2])]
if (mutant === undefined) throw new Error('Name a mutant by its place in the list')

const place = new URL(`../../functions/${mutant.file}`, import.meta.url).href

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (url !== place) return loaded
    const source = Buffer.from(loaded.source as Uint8Array).toString()
    if (source.split(mutant.text).length !== 2)
      throw new Error(`${mutant.file} does not hold this exactly once: ${mutant.text}`)
    return { ...loaded, source: source.replace(mutant.text, () => mutant.instead) }
  },
})

const { simulate } = await import('./simulate.ts')
let found: unknown = null
for (let seed = 1; found === null && seed <= Number(process.argv[3]); seed++) {
  const { violations } = await simulate(seed, true)
  if (violations[0] !== undefined) found = { seed, ...violations[0] }
}
process.stdout.write(`${JSON.stringify(found)}\n`)
process.exit(0)
