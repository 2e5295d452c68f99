import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import type { Flag } from '../functions/config/flag.ts'
import { type Env, FLAGS, loadConfig, textOf } from '../functions/config.ts'
import { TickoverError } from '../functions/errors.ts'

const HELP = `Checks the configuration without starting anything.

  npm run config                          check this shell's environment, print what holds
  npm run config -- --env-file PATH       check the environment with a file's lines on top
  npm run config -- --env-example         print .env.example (--write: write it)

Example: npm run config -- --env-file .env.qa
Exit: 0 all right, 1 something to correct, 2 wrong use.
`

const entries = Object.values<Flag<unknown>>(FLAGS)

/** The text of `.env.example`: each flag with its meaning and its default. */
export function envExample(): string {
  const blocks = entries.map(
    ({ name, fallback, meaning }) => `# ${meaning}\n# ${name}=${quoted(fallback ?? '')}\n`,
  )
  return `# Every flag, commented out at its default. npm run config checks an environment.\n\n${blocks.join('\n')}`
}

/** The checked values as a table: flag, value, and whether it was set. Throws what `loadConfig` throws. */
export function effective(env: Env): string {
  loadConfig(env)
  const width = Math.max(...entries.map(({ name }) => name.length))
  const lines = entries.map(({ name, fallback }) => {
    const text = textOf(env, name)
    return `${name.padEnd(width)}  ${text === null ? 'default' : 'set    '}  ${shortened(text ?? fallback ?? '(unset)')}`
  })
  return `${lines.join('\n')}\n`
}

/** Runs the command; answers its exit code. */
export function main(args: readonly string[], env: Env, out: (text: string) => void): number {
  try {
    const options = {
      help: { type: 'boolean' },
      write: { type: 'boolean' },
      'env-example': { type: 'boolean' },
      'env-file': { type: 'string' },
    } as const
    const { values } = parseArgs({ args: [...args], options })
    if (values.help) out(HELP)
    else if (values['env-example']) giveExample(values.write ?? false, out)
    else
      out(
        effective({
          ...env,
          ...(values['env-file'] !== undefined && parseEnv(readFileSync(values['env-file'], 'utf8'))),
        }),
      )
    return 0
  } catch (error) {
    if (!(error instanceof TickoverError)) {
      out(`${error instanceof Error ? error.message : 'Wrong use.'}\n\n${HELP}`)
      return 2
    }
    out(error.problems.map(({ field, message }) => `${field} ${message}\n`).join(''))
    return 1
  }
}

function giveExample(write: boolean, out: (text: string) => void): void {
  if (write) writeFileSync('.env.example', envExample())
  else out(envExample())
}

function quoted(text: string): string {
  return /[\s*#{]/.test(text) ? `'${text}'` : text
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

if (import.meta.main)
  process.exitCode = main(process.argv.slice(2), process.env, (text) => process.stdout.write(text))
