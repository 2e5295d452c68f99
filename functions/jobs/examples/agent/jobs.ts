import type { JobDefinition } from '../../../target/handler.ts'
import { connect, type Place } from '../api.ts'
import { collectMetrics } from './collect-metrics.ts'
import { heartbeat } from './heartbeat.ts'
import { postContent } from './post-content.ts'

/** A chat agent: its heartbeat, and two types of one-off jobs that it is given while people talk to it. */
export function agentJobs(place: Place): readonly JobDefinition[] {
  const network = connect(place)
  return [heartbeat(network), postContent(network), collectMetrics(network)]
}
