import { jsonOrNull } from '../../../functions/json.ts'

/** The names in the JSON object of a flag; none in any other text. */
export function namesIn(text: string | undefined): string[] {
  return Object.keys(tableIn(text) ?? {})
}

/** Two JSON objects of a flag as one; of an entry that both have, the shell's counts. A text that is none is left to be refused. */
export function joined(own: string, shell: string | undefined): string {
  if (shell === undefined || shell.trim() === '') return own
  const theirs = tableIn(shell)
  return theirs === null ? shell : JSON.stringify({ ...tableIn(own), ...theirs })
}

function tableIn(text: string | undefined): object | null {
  const parsed = jsonOrNull(text ?? '')
  return typeof parsed === 'object' && !Array.isArray(parsed) ? parsed : null
}
