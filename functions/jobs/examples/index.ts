import type { JobDefinition } from '../../target/handler.ts'
import { agentJobs } from './agent/jobs.ts'
import type { Place } from './api.ts'
import { postsJobs } from './posts/jobs.ts'
import { queueJobs } from './queues/jobs.ts'
import { transitJobs } from './transit/jobs.ts'

/** The jobs of four systems, doing small real work at `place`. The local stack runs them; a deployment does not. */
export function exampleJobs(place: Place): readonly JobDefinition[] {
  return [...transitJobs(place), ...agentJobs(place), ...postsJobs(place), ...queueJobs(place)]
}
