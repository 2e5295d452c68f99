import { z } from 'zod'
import { parse } from './parse.ts'

const binding = z.object({ role: z.string(), members: z.array(z.string()).default([]) })
const account = z.object({ email: z.string(), disabled: z.boolean().default(false) })
const version = z.object({ state: z.string() })

/** Who has a role. */
export type Binding = z.infer<typeof binding>
/** A service account. */
export type Account = z.infer<typeof account>
/** A version of a secret; `ENABLED` can be read. */
export type SecretVersion = z.infer<typeof version>

/** The APIs that are switched on. */
export interface Enabled {
  readonly names: readonly string[]
  readonly project_number: string | null
}

/** Reads any `get-iam-policy`. */
export function readBindings(text: string): readonly Binding[] {
  return parse(z.object({ bindings: z.array(binding).default([]) }), text).bindings
}

/** Reads `gcloud services list`, whose names hold the project's number. */
export function readApis(text: string): Enabled {
  const list = parse(z.array(z.object({ name: z.string(), config: z.object({ name: z.string() }) })), text)
  const project_number = /^projects\/(\d+)\//.exec(list[0]?.name ?? '')?.[1] ?? null
  return { names: list.map(({ config }) => config.name), project_number }
}

/** Reads `gcloud iam service-accounts list`. */
export function readAccounts(text: string): readonly Account[] {
  return parse(z.array(account), text)
}

/** Reads `gcloud secrets versions describe`. */
export function readVersion(text: string): SecretVersion {
  return parse(version, text)
}
