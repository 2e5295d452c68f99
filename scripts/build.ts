import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { buildUpload, UPLOAD } from './build/upload.ts'
import { print } from './output.ts'

const HELP = `Makes build/upload/, which is what a deployment uploads: the function as a bundle, its page, and the
packages that the build in the cloud installs, locked. npm run deploy does it by itself.

Example: npm run build
Exit: 0 made, 1 failed, 2 wrong use.
`

/** Builds; resolves to the exit code. */
export async function main(args: readonly string[], say: (line: string) => void): Promise<number> {
  if (args.length === 1 && (args[0] === '--help' || args[0] === '-h')) return told(say, HELP, 0)
  if (args.length > 0) return told(say, `Unexpected: ${args.join(' ')}\n\n${HELP}`, 2)
  try {
    await buildUpload()
  } catch (error) {
    return told(say, `Not built: ${error instanceof Error ? error.message : String(error)}`, 1)
  }
  const files = await readdir(UPLOAD, { recursive: true, withFileTypes: true })
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size))
  const kib = Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1024)
  return told(say, `${relative(process.cwd(), UPLOAD)}/: ${paths.length} files, ${kib} KiB`, 0)
}

function told(say: (line: string) => void, line: string, code: number): number {
  say(line)
  return code
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2), print)
