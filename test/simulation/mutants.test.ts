import { execFile } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { LAWS } from './laws.ts'
import { MUTANTS } from './mutants.ts'

const run = promisify(execFile)
const SEEDS = '200'

/** Node keeps what it compiled: all but one file is the same for each mutant. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'tickover-compiled') }

for (const [index, { law, what }] of MUTANTS.entries()) {
  test(`caught under ${LAWS[law]}: ${what}`, async () => {
    const args = [new URL('mutate.ts', import.meta.url).pathname, String(index), SEEDS]
    const { stdout } = await run(process.execPath, args, { timeout: 100_000, env })
    expect(JSON.parse(stdout)).toMatchObject({ law })
  }, 110_000)
}

test('each law of the simulation has a mutant', () => {
  expect(new Set(MUTANTS.map(({ law }) => String(law)))).toEqual(new Set(Object.keys(LAWS)))
})
