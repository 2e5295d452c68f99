import { parseArgs } from 'node:util'
import type { StorageKind } from '../rollout/platform.ts'

/** What `npm run jobs` was asked to do. */
export type Command =
  | { readonly verb: 'help' }
  | { readonly verb: 'wrong'; readonly reasons: readonly string[] }
  | {
      readonly verb: 'copy'
      readonly from: StorageKind
      readonly to: StorageKind
      /** The file of the json storage; null: as the flags have it. */
      readonly file: string | null
      readonly with_running: boolean
      readonly dry_run: boolean
    }

const OPTIONS = {
  from: { type: 'string' },
  to: { type: 'string' },
  file: { type: 'string' },
  'with-running': { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Reads the arguments after the script's name. */
export function readArguments(args: readonly string[]): Command {
  try {
    return commandOf(parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }))
  } catch (error) {
    // What follows is about arguments that begin with a dash; there are none here.
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('. ')
    return { verb: 'wrong', reasons: [reason] }
  }
}

type Parsed = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>

function commandOf({ values, positionals }: Parsed): Command {
  const { from, to, file } = values
  if (values.help) return { verb: 'help' }
  const reasons = [
    ...(positionals.join(' ') === 'copy' ? [] : ['say what to do: copy']),
    ...(isStorage(from) && isStorage(to) && from !== to
      ? []
      : ['name both storages: --from json --to firestore, or back']),
  ]
  if (reasons.length > 0 || !isStorage(from) || !isStorage(to)) return { verb: 'wrong', reasons }
  const flags = { with_running: values['with-running'], dry_run: values['dry-run'] }
  return { verb: 'copy', from, to, file: file ?? null, ...flags }
}

function isStorage(text: string | undefined): text is StorageKind {
  return text === 'json' || text === 'firestore'
}
