import type { JobDefinition } from '../../../target/handler.ts'
import { connect, type Place } from '../api.ts'
import { arrivalLogging } from './arrival-logging.ts'
import { bunchingDetection } from './bunching-detection.ts'
import { insightCacheWarming } from './insight-cache-warming.ts'
import { performanceAggregation } from './performance-aggregation.ts'
import { routeBroadcast } from './route-broadcast.ts'
import { scoreTick } from './score-tick.ts'
import { weatherCollection } from './weather-collection.ts'

/** A city's buses: what riders wait for is in the lane `high`, the rest in `low`, and neither waits for the other. */
export function transitJobs(place: Place): readonly JobDefinition[] {
  const city = connect(place)
  return [
    routeBroadcast(city),
    scoreTick(city),
    arrivalLogging(city),
    weatherCollection(city),
    performanceAggregation(city),
    bunchingDetection(city),
    insightCacheWarming(city),
  ]
}
