import { status } from '@grpc/grpc-js'
import type { Clock } from '../../../functions/clock.ts'
import { checkSchedule, nextExecution } from './cron.ts'
import type { Definition, Job, State } from './job.ts'
import { applyMask } from './mask.ts'
import { checkName, checkParent } from './names.ts'
import { parseDefinition } from './parse.ts'
import type { WireJob } from './protos.ts'
import { invalid, RpcError } from './rpc-error.ts'
import { definitionToWire } from './wire.ts'

/** The jobs and what may be done to them. Every verb throws RpcError with the service's code. */
export interface Jobs {
  create(parent: string, wire: WireJob): Job
  get(name: string): Job
  /** Undefined when there is none. */
  find(name: string): Job | undefined
  /** By name, at most `size` after the job called `after`. */
  list(parent: string, after: string, size: number): Job[]
  /** Without paths every field that a caller may set is replaced. */
  update(wire: WireJob, paths: readonly string[]): Job
  remove(name: string): void
  pause(name: string): Job
  resume(name: string): Job
  /** Notes what an execution did; a job deleted meanwhile stays deleted. */
  record(name: string, state: Partial<State>): void
  all(): Job[]
}

/** `defined` is called with the name after a caller changed a job, `recorded` after every change. */
export interface JobsOptions {
  readonly clock: Clock
  readonly random: () => number
  readonly kept: readonly Job[]
  readonly defined: (name: string) => void
  readonly recorded: () => void
}

const SETTABLE = ['description', 'schedule', 'time_zone', 'http_target', 'retry_config', 'attempt_deadline']

/** A table of jobs in memory, begun with the kept ones; those go on at their next occurrence. */
export function jobTable({ clock, random, kept, defined, recorded }: JobsOptions): Jobs {
  const table = new Map<string, Job>(kept.map((job) => [job.definition.name, rescheduled(job)]))

  function rescheduled({ definition, state }: Job): Job {
    const schedule_at = state.paused ? null : nextExecution(definition, clock.now())
    return { definition, state: { ...state, schedule_at } }
  }

  function put(definition: Definition, state: Omit<State, 'updated_at' | 'schedule_at'>): Job {
    const job = rescheduled({ definition, state: { ...state, updated_at: clock.now(), schedule_at: null } })
    table.set(definition.name, job)
    defined(definition.name)
    recorded()
    return job
  }

  function get(name: string): Job {
    checkName(name)
    const job = table.get(name)
    if (job === undefined) throw new RpcError(status.NOT_FOUND, `Job not found: ${name}`)
    return job
  }

  function turn(name: string, paused: boolean): Job {
    const { definition, state } = get(name)
    if (state.paused === paused) {
      const required = paused ? 'ENABLED to be paused' : 'PAUSED to be resumed'
      throw new RpcError(status.FAILED_PRECONDITION, `Job must be ${required}: ${name}`)
    }
    return put(definition, { ...state, paused })
  }

  return {
    get,
    find: (name) => table.get(name),
    pause: (name) => turn(name, true),
    resume: (name) => turn(name, false),
    all: () => [...table.values()],
    create(parent, wire) {
      checkParent(parent)
      const name = wire.name || `${parent}/jobs/${String(random()).slice(2)}`
      checkName(name)
      if (!name.startsWith(`${parent}/jobs/`)) throw invalid(`Job.name "${name}" is not in "${parent}".`)
      const definition = parseDefinition({ ...wire, name })
      checkSchedule(definition, clock.now())
      if (table.has(name)) throw new RpcError(status.ALREADY_EXISTS, `Job ${name} already exists.`)
      return put(definition, { paused: false, last_attempt_at: null, status: null })
    },
    list(parent, after, size) {
      checkParent(parent)
      const names = [...table.keys()].filter((name) => name.startsWith(`${parent}/jobs/`) && name > after)
      return names.toSorted().slice(0, size).map(get)
    },
    update(wire, paths) {
      const { definition, state } = get(wire.name ?? '')
      const merged = applyMask(definitionToWire(definition), wire, paths.length === 0 ? SETTABLE : paths)
      const next = parseDefinition(merged)
      checkSchedule(next, clock.now())
      return put(next, state)
    },
    remove(name) {
      get(name)
      table.delete(name)
      defined(name)
      recorded()
    },
    record(name, state) {
      const job = table.get(name)
      if (job === undefined) return
      table.set(name, { ...job, state: { ...job.state, ...state } })
      recorded()
    },
  }
}
