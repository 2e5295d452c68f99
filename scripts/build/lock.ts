import { z } from 'zod'

const names = z.record(z.string(), z.string()).default({})
const entry = z.looseObject({
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
  peerDependenciesMeta: z
    .record(z.string(), z.looseObject({ optional: z.boolean().default(false) }))
    .default({}),
})
const lock = z.looseObject({ lockfileVersion: z.literal(3), packages: z.record(z.string(), z.unknown()) })

type Packages = Readonly<Record<string, unknown>>

/** What a package.json says of itself, as far as a lock repeats it. */
export interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

/**
 * The lock of a project, cut to what this manifest needs: each package at the version that was tested. Throws when one of its
 * dependencies is not in the lock.
 */
export function cutLock(text: string, manifest: Manifest): string {
  const { packages, ...rest } = lock.parse(JSON.parse(text))
  const wanted = reachable(packages, Object.keys(manifest.dependencies))
  const kept = [...wanted].toSorted().map((path) => [path, packages[path]] as const)
  const { name, version, dependencies } = manifest
  const root = { name, version, dependencies }
  return `${JSON.stringify({ ...rest, name, version, packages: { '': root, ...Object.fromEntries(kept) } }, null, 2)}\n`
}

/** The paths of these packages and of all that they need. Ends, since no path is looked at twice. */
function reachable(packages: Packages, roots: readonly string[]): Set<string> {
  const seen = new Set<string>()
  const open = roots.map((name) => required(packages, '', name))
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    open.push(...needsOf(packages, path))
  }
  return seen
}

function needsOf(packages: Packages, path: string): string[] {
  const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = entry.parse(
    packages[path],
  )
  const firm = Object.keys(dependencies).filter((name) => !(name in optionalDependencies))
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true)
  const loose = Object.keys(optionalDependencies).map((name) => locate(packages, path, name))
  return [
    ...[...firm, ...peers].map((name) => required(packages, path, name)),
    ...loose.filter((found) => found !== null),
  ]
}

function required(packages: Packages, from: string, name: string): string {
  const found = locate(packages, from, name)
  if (found === null)
    throw new Error(`package-lock.json does not have ${name}. Run npm install, then build again.`)
  return found
}

/** Where Node finds `name` from the package at `from`: beside it, or further up. */
function locate(packages: Packages, from: string, name: string): string | null {
  const path = `${from === '' ? '' : `${from}/`}node_modules/${name}`
  if (path in packages) return path
  if (from === '') return null
  return locate(packages, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/'))), name)
}
