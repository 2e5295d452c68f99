/**
 * What performs a job. `handler`: the coded handler that `job_type` names. `http`: a POST to `endpoint`, a path on the
 * base URL of a configured service, or, without a service, an absolute URL on an allowed host.
 */
export type Target =
  | { readonly kind: 'handler' }
  | { readonly kind: 'http'; readonly service: string | null; readonly endpoint: string }

/** What a job has that names no target. */
export const HANDLER: Target = { kind: 'handler' }
