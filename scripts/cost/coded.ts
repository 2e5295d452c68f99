import type { JobDefinition } from '../../functions/target/handler.ts'
import { createRegistry } from '../../functions/target/registry.ts'
import type { JobSet, Terms, Workload } from './job-set.ts'
import { UNKNOWN_SECONDS } from './systems.ts'

/**
 * The jobs of `functions/jobs/index.ts`, as they are deployed on these terms. Nobody can tell from code how long a run takes
 * and how many effects it has: `effects` is taken for each. Throws `configuration` when they could not be deployed.
 */
export function codedJobs(jobs: readonly JobDefinition[], terms: Terms, effects: number): JobSet {
  const lanes = terms.lanes.map(({ name }) => name)
  const { definitions } = createRegistry(jobs, { time_zone: terms.time_zone, lanes })
  return {
    name: 'the jobs of functions/jobs/index.ts',
    jobs: definitions.map((definition) => ({ ...definition, ...loadOf(jobs, definition.name, effects) })),
    assumed: [
      ...(jobs.length === 0
        ? [
            'functions/jobs/index.ts lists no job: this is what the ticks cost by themselves. Others: --local, --service NAME, --system agent',
          ]
        : []),
      `a run takes ${UNKNOWN_SECONDS} s and has ${effects} ${effects === 1 ? 'effect' : 'effects'} (--effects N); a running service knows how long (--service NAME)`,
      'queues find full batches; jobs that services register are not among these',
    ],
  }
}

/** What a run of a coded job takes, as far as its code tells. */
export function loadOf(
  jobs: readonly JobDefinition[],
  job_type: string,
  effects: number,
): Pick<Workload, 'kind' | 'items' | 'effects' | 'seconds'> {
  const work = jobs.find(({ name }) => name === job_type)?.work
  return work?.kind === 'queue'
    ? { kind: 'queue', items: work.queue.batch, effects, seconds: UNKNOWN_SECONDS }
    : { kind: 'handler', items: 0, effects, seconds: UNKNOWN_SECONDS }
}
