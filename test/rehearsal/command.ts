import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const SCRIPT = fileURLToPath(new URL('../../scripts/rollout.ts', import.meta.url))

/**
 * Runs the command as a process in a folder, and ends it with SIGKILL at the first line that matches. Resolves to all
 * that it printed until then. Rejects when it ends before.
 */
export async function killedAt(
  pattern: RegExp,
  folder: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [SCRIPT, ...args, '--local'], {
    cwd: folder,
    env: { PATH: process.env.PATH, METADATA_SERVER_DETECTION: 'none' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (child.killed) return
    lines.push(line)
    if (pattern.test(line)) child.kill('SIGKILL')
  })
  const [, signal] = await once(child, 'exit')
  if (signal !== 'SIGKILL') throw new Error(`It ended before it said ${String(pattern)}: ${lines.join('\n')}`)
  return lines
}
