/** Every code that Tickover answers or logs, with its HTTP status. The list is closed: clients may switch on it. */
export const CODES = {
  bad_request: 400,
  invalid_json: 400,
  invalid_schedule: 400,
  invalid_payload: 400,
  unknown_lane: 400,
  unknown_job_type: 400,
  unknown_service: 400,
  invalid_endpoint: 400,
  forbidden_address: 400,
  unauthenticated: 401,
  forbidden: 403,
  cross_site: 403,
  not_your_job: 403,
  not_found: 404,
  method_not_allowed: 405,
  already_exists: 409,
  not_owner: 409,
  paused: 409,
  already_running: 409,
  already_done: 409,
  still_defined: 409,
  changed_meanwhile: 409,
  rollout_underway: 409,
  lost: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  configuration: 500,
  internal: 500,
  storage_damaged: 500,
  storage_locked: 500,
  unstorable_result: 500,
  target_unreachable: 502,
  token_unavailable: 503,
  store_unreachable: 503,
  stopping: 503,
  clock_skew: 503,
  jobs_overdue: 503,
  keys_unreachable: 503,
} as const

/** A stable name for one way in which things go wrong. */
export type Code = keyof typeof CODES

/** One bad input: where it stands, and what to do about it. */
export interface Problem {
  readonly field: string
  readonly message: string
}

/** The one base of every error that Tickover throws. `message` says what to do next and never holds a secret. */
export class TickoverError extends Error {
  override readonly name: string = 'TickoverError'
  readonly code: Code
  readonly problems: readonly Problem[]

  constructor(code: Code, message: string, options: { cause?: unknown; problems?: readonly Problem[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.problems = options.problems ?? []
  }

  /** The HTTP status that belongs to the code. */
  get status(): (typeof CODES)[Code] {
    return CODES[this.code]
  }
}
