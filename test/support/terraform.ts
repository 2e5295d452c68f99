import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Terraform variables by name, as a tfvars file in JSON has them. */
export type Variables = Readonly<Record<string, unknown>>

/** A file of variables below infra/: those of Terraform's own tests, or one that a team fills in. */
export type VariablesFile = 'tests/terraform.tfvars' | 'qa.tfvars' | 'production.tfvars'

/** A resource as it would be made. */
export interface Planned {
  /** As in `google_cloud_scheduler_job.tick["tickover-default"]`. */
  readonly address: string
  /** As in `google_cloud_scheduler_job`. */
  readonly type: string
  /** As in `tick`. */
  readonly name: string
  /** Which one of several, as in `tickover-default`. */
  readonly index?: string | number
  /** Its attributes, blocks as lists; what only the cloud knows is null. */
  readonly values: Readonly<Record<string, unknown>>
}

/** What `terraform apply` would make of nothing. */
export interface Plan {
  readonly resources: readonly Planned[]
  readonly outputs: Readonly<Record<string, unknown>>
}

/** How a command of Terraform ended. */
export interface Ended {
  readonly code: number
  /** What it wrote, without colours. */
  readonly text: string
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const OFFLINE = process.env.TERRAFORM_OFFLINE ?? ''
const MOST_BYTES = 64 * 1024 * 1024
const PATIENCE_MS = 60_000

/**
 * Why Terraform cannot be asked here; null where it can. Tests that ask it are skipped then (`describe.skipIf`), and say so.
 * `TERRAFORM_OFFLINE` names a script that runs Terraform with a stand-in for the google provider: `node SCRIPT DIR -- COMMAND`.
 */
export const NO_TERRAFORM: string | null = reason()

function reason(): string | null {
  const lacking =
    spawnSync('terraform', ['version']).error !== undefined
      ? 'terraform is not installed'
      : !existsSync(OFFLINE)
        ? 'TERRAFORM_OFFLINE names no script that runs terraform without a download'
        : null
  if (lacking !== null) process.stderr.write(`\nTests of infra/ are SKIPPED: ${lacking}.\n`)
  return lacking
}

/** Runs Terraform, after its `init`, on the configuration in a folder. A command that fails is an answer, too. */
export function terraform(folder: string, ...command: readonly string[]): Promise<Ended> {
  const args = [OFFLINE, folder, '--', ...command]
  const options = { cwd: ROOT, maxBuffer: MOST_BYTES, timeout: PATIENCE_MS }
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, text: `${stdout}${stderr}` })
    })
  })
}

/**
 * A copy of infra/, with the files beside it that it reads, in a folder of its own: `infra` is the configuration, and disposing
 * of it removes everything. `edit` may change a file of it, by name.
 */
export async function copyOfInfra(edit?: {
  readonly file: string
  readonly change: (text: string) => string
}) {
  const folder = await mkdtemp(join(tmpdir(), 'tickover-infra-'))
  const infra = join(folder, 'infra')
  await mkdir(join(folder, 'docs'))
  await cp(join(ROOT, 'infra'), infra, { recursive: true })
  await cp(join(ROOT, 'docs', 'runbook'), join(folder, 'docs', 'runbook'), { recursive: true })
  await cp(join(ROOT, 'firestore.indexes.json'), join(folder, 'firestore.indexes.json'))
  if (edit !== undefined) {
    const file = join(infra, edit.file)
    await writeFile(file, edit.change(await readFile(file, 'utf8')))
  }
  return { infra, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

const plans = new Map<string, Promise<Plan>>()

/**
 * What Terraform would make with a file of variables and these instead of its: `planOf({ flags: { … } })`. Equal ones are
 * planned once in a process. Rejects with what Terraform said where it refuses them.
 */
export function planOf(
  variables: Variables = {},
  file: VariablesFile = 'tests/terraform.tfvars',
): Promise<Plan> {
  const key = JSON.stringify([file, variables])
  const plan = plans.get(key) ?? makePlan(variables, file)
  plans.set(key, plan)
  return plan
}

/** Those of one type, in the order of their addresses. */
export function ofType(plan: Plan, type: string): readonly Planned[] {
  return plan.resources.filter((resource) => resource.type === type)
}

/** The one at an address. Throws when it is not planned. */
export function at(plan: Plan, address: string): Planned {
  const found = plan.resources.find((resource) => resource.address === address)
  if (found === undefined) throw new Error(`Nothing is planned at ${address}.`)
  return found
}

async function makePlan(variables: Variables, file: VariablesFile): Promise<Plan> {
  if (NO_TERRAFORM !== null) throw new Error(`Nothing can be planned: ${NO_TERRAFORM}.`)
  await using copy = await copyOfInfra()
  // A plan asks the state's bucket; there is none.
  await rm(join(copy.infra, 'backend.tf'))
  await writeFile(join(copy.infra, 'these.tfvars.json'), JSON.stringify(variables))
  const files = [`-var-file=${file}`, '-var-file=these.tfvars.json']
  const planned = await terraform(copy.infra, 'plan', '-input=false', '-no-color', '-out=plan', ...files)
  if (planned.code !== 0) throw new Error(`Terraform made no plan:\n${planned.text}`)
  const shown = await terraform(copy.infra, 'show', '-json', 'plan')
  return readPlan(shown.text)
}

/** Reads what `terraform show -json` wrote after the words of `init`. */
function readPlan(text: string): Plan {
  const line = text.split('\n').find((one) => one.startsWith('{"format_version"'))
  const { planned_values: planned } = JSON.parse(line ?? '') as {
    readonly planned_values: {
      readonly outputs: Readonly<Record<string, { readonly value?: unknown }>>
      readonly root_module: { readonly resources: readonly Planned[] }
    }
  }
  const outputs = Object.entries(planned.outputs).map(([name, { value }]) => [name, value] as const)
  return { resources: planned.root_module.resources, outputs: Object.fromEntries(outputs) }
}
