import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { catalogText } from './catalog/entries.ts'

const FILE = new URL('../infra/catalog.json', import.meta.url)

const HELP = `Writes infra/catalog.json: the metrics, alerts and charts that Terraform makes.
They are told in functions/observe/metrics.ts, functions/rollout/alerts.ts and scripts/catalog/charts.ts.

  npm run catalog

Exit: 0 written, 2 wrong use.
`

/** Runs the command; answers its exit code. */
export function main(
  args: readonly string[],
  write: (text: string) => void,
  say: (text: string) => void,
): number {
  try {
    const { values } = parseArgs({ args: [...args], options: { help: { type: 'boolean' } } })
    if (values.help) {
      say(HELP)
      return 0
    }
  } catch (error) {
    say(`${error instanceof Error ? error.message : 'Wrong use.'}\n\n${HELP}`)
    return 2
  }
  write(catalogText())
  say('infra/catalog.json is written. Apply it with terraform plan and terraform apply in infra/.\n')
  return 0
}

if (import.meta.main)
  process.exitCode = main(
    process.argv.slice(2),
    (text) => writeFileSync(FILE, text),
    (text) => process.stdout.write(text),
  )
