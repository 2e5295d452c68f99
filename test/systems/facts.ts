import facts from './systems.json' with { type: 'json' }

/** A system as it ran before it moved here. */
export interface System {
  readonly name: string
  readonly time_zone: string
  readonly lanes: Readonly<Record<string, readonly string[]>>
  readonly jobs: readonly {
    readonly name: string
    readonly cron?: string
    readonly every_seconds?: number
    readonly payload?: unknown
    readonly jobType?: string
    readonly service?: string
    readonly endpoint?: string
    readonly config?: Readonly<Record<string, unknown>>
  }[]
}

/** The facts about one system. */
export function systemNamed(name: string): System {
  const systems: readonly unknown[] = facts.systems
  const found = (systems as readonly System[]).find((system) => system.name === name)
  if (found === undefined) throw new Error(`systems.json has no system ${name}.`)
  return found
}
