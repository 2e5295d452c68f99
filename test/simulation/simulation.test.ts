import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { simulate } from './simulate.ts'

const run = promisify(execFile)
const SEEDS = 30

test(`the laws hold at every step of ${SEEDS} simulated worlds, and every trouble occurred in them`, async () => {
  // As `npm run simulate` does it: a plain process is twice as fast as a test runner's.
  const args = [new URL('run.ts', import.meta.url).pathname, '--seeds', String(SEEDS)]
  const { stdout } = await run(process.execPath, args).catch((failed: { stdout: string }) => failed)
  expect(stdout).toMatch(new RegExp(`\\n${SEEDS} of ${SEEDS} worlds kept the laws\\n$`))
  expect(stdout).not.toMatch('Never occurred')
}, 150_000)

test('a seed replays: the same world, step for step', async () => {
  expect(await simulate(7)).toEqual(await simulate(7))
}, 60_000)
