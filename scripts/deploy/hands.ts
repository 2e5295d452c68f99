import { type Gcloud, shellLine } from '../rollout/cloud/gcloud.ts'

/** What a deployment works with. */
export interface Hands {
  readonly run: Gcloud
  /** Takes a line for people. */
  readonly say: (line: string) => void
}

/** Shows a command, and runs it. */
export async function perform(command: readonly string[], { run, say }: Hands): Promise<void> {
  say(`$ ${shellLine(command)}`)
  await run(command)
}
