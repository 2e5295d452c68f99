import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage<string>()

/** Runs `work` so that every line it logs, also later, carries this trace id. */
export function withTrace<T>(trace: string, work: () => T): T {
  return current.run(trace, work)
}

/** The trace id of the request on whose behalf this code runs; null outside one. */
export function currentTrace(): string | null {
  return current.getStore() ?? null
}

/** The trace id in `traceparent` (W3C) or `X-Cloud-Trace-Context`; null when there is none that could be one. */
export function traceOf(header: (name: string) => string | undefined): string | null {
  const w3c = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(header('traceparent') ?? '')
  const google = /^([0-9a-f]{32})(?:\/|$)/.exec(header('x-cloud-trace-context') ?? '')
  return w3c?.[1] ?? google?.[1] ?? null
}
