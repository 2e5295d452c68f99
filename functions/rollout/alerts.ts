/** One value that is watched at all times, for the alert policies. `above` and `below` are in `unit`. */
export interface Alert {
  readonly what: string
  readonly above?: number
  readonly below?: number
  readonly unit: 'share' | 'seconds' | 'count' | 'per_minute'
  /** How long it has to be so; 0: at once. */
  readonly window_seconds: number
}

/** The alerts, by id. */
export const ALERTS = {
  success_rate_low: { what: 'runs that succeeded', below: 0.95, unit: 'share', window_seconds: 300 },
  success_rate_critical: { what: 'runs that succeeded', below: 0.8, unit: 'share', window_seconds: 3600 },
  error_rate_high: { what: 'runs that failed', above: 0.05, unit: 'share', window_seconds: 300 },
  no_runs: { what: 'runs that ended', below: 1, unit: 'count', window_seconds: 300 },
  duplicates: { what: 'duplicates', above: 0, unit: 'count', window_seconds: 0 },
  tick_latency_high: { what: 'p99 of ticks, no dwell', above: 5, unit: 'seconds', window_seconds: 300 },
  store_errors: { what: 'store calls without an answer', above: 0.01, unit: 'share', window_seconds: 300 },
  run_duration_high: { what: 'duration of a run', above: 5, unit: 'seconds', window_seconds: 300 },
  item_duration_high: { what: 'duration per item', above: 5, unit: 'seconds', window_seconds: 300 },
  throughput_low: { what: 'items processed', below: 30, unit: 'per_minute', window_seconds: 3600 },
  store_connections_high: { what: 'store permits in use', above: 0.8, unit: 'share', window_seconds: 300 },
  cache_hits_low: { what: 'cache hits after warm-up', below: 0.7, unit: 'share', window_seconds: 3600 },
  cpu_high: { what: 'CPU in use', above: 0.8, unit: 'share', window_seconds: 300 },
  memory_high: { what: 'memory in use', above: 0.8, unit: 'share', window_seconds: 300 },
  start_slow: { what: 'start of an instance', above: 10, unit: 'seconds', window_seconds: 0 },
} as const satisfies Record<string, Alert>

export type AlertId = keyof typeof ALERTS
