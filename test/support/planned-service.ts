import type { Env } from '../../functions/config.ts'
import { at, type Plan } from './terraform.ts'

interface Container {
  readonly env: readonly {
    readonly name: string
    readonly value: string
    readonly value_source: readonly unknown[]
  }[]
}

/** The environment that a planned service gives its function. What comes from a secret is `secretOf` its name. */
export function envOf(plan: Plan, surface: 'api' | 'page', secretOf: (name: string) => string): Env {
  const { values } = at(plan, `google_cloud_run_v2_service.surface["${surface}"]`)
  const [template] = values.template as readonly { readonly containers: readonly Container[] }[]
  const entries = template?.containers[0]?.env ?? []
  return Object.fromEntries(
    entries.map(({ name, value, value_source }) => [name, value_source.length > 0 ? secretOf(name) : value]),
  )
}
