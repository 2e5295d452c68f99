import type { JobDefinition } from '../../../target/handler.ts'
import { connect, type Place } from '../api.ts'
import { publishDuePosts } from './publish-due-posts.ts'

/** A tool with which teams plan their posts: what is due goes out every five minutes. */
export function postsJobs(place: Place): readonly JobDefinition[] {
  return [publishDuePosts(connect(place))]
}
