import { execFile } from 'node:child_process'
import { printAside } from '../../output.ts'

/** Runs gcloud with these arguments; resolves to what it wrote. Rejects with an error that says what to do. */
export type Gcloud = (args: readonly string[]) => Promise<string>

const COMMAND = 'gcloud'
/** A deployment waits for its revision to be ready. */
const PATIENCE_MS = 600_000
const MOST_BYTES = 16 * 1024 * 1024
const MOST_SHOWN = 1_000

/** gcloud as it is installed here. No shell reads the arguments. `aside` is told what it warned of where it ended well. */
export function gcloud(args: readonly string[], aside = printAside): Promise<string> {
  const options = { timeout: PATIENCE_MS, maxBuffer: MOST_BYTES }
  return new Promise((resolve, reject) => {
    execFile(COMMAND, [...args, '--quiet'], options, (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(explain(args, error, stderr), { cause: error }))
      warningsIn(stderr).forEach(aside)
      resolve(stdout)
    })
  })
}

/** Beside its warnings gcloud writes how far it is. */
function warningsIn(stderr: string): string[] {
  return stderr.split(/[\r\n]+/).filter((line) => line.includes('WARNING'))
}

/** What went wrong, for people. */
export function explain(
  args: readonly string[],
  error: { readonly code?: unknown; readonly killed?: boolean },
  stderr: string,
): string {
  const command = `${COMMAND} ${args.slice(0, 4).join(' ')}`
  if (error.code === 'ENOENT')
    return 'gcloud is not installed here, or not in the PATH. See https://cloud.google.com/sdk/docs/install, or say --local.'
  if (error.killed === true)
    return `${command} did not end within ${PATIENCE_MS / 60_000} minutes. Look at the service in the console, then run this again.`
  if (/active account|reauthenticat|auth login/i.test(stderr))
    return `${command}: nobody is signed in to gcloud. Run: gcloud auth login`
  const said = stderr.trim().slice(-MOST_SHOWN)
  return `${command} failed: ${said === '' ? `exit code ${String(error.code)}` : said}`
}

/** A command as one line for a shell. */
export function shellLine(args: readonly string[]): string {
  return [COMMAND, ...args].map(quoted).join(' ')
}

/** Names and values as one argument: `^@@^A=1@@B=2`, with a separator that stands in no value (see gcloud topic escaping). */
export function dictionary(entries: readonly (readonly [string, string])[]): string {
  const pairs = entries.map(([name, value]) => `${name}=${value}`)
  const separator = SEPARATORS.find((one) => pairs.every((pair) => !pair.includes(one)))
  if (separator === undefined) throw new Error('A flag holds every separator that gcloud could be given.')
  return `^${separator}^${pairs.join(separator)}`
}

const SEPARATORS = ['@@', '##', '%%', '~~', '||', ';;', '@#@', '~%~']

/** A word as a shell takes it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
