import { status } from '@grpc/grpc-js'

/** How one attempt ended. `http_status` is null when there was no answer; `code` is a google.rpc.Code, 0 for success. */
export interface Outcome {
  readonly succeeded: boolean
  readonly http_status: number | null
  readonly code: number
  readonly message: string
}

const CODES: Readonly<Record<number, status>> = {
  400: status.INVALID_ARGUMENT,
  401: status.UNAUTHENTICATED,
  403: status.PERMISSION_DENIED,
  404: status.NOT_FOUND,
  409: status.ABORTED,
  429: status.RESOURCE_EXHAUSTED,
  501: status.UNIMPLEMENTED,
  503: status.UNAVAILABLE,
  504: status.DEADLINE_EXCEEDED,
}

/** Any 2xx acknowledges; the rest is a failure under the code that stands for the HTTP status. */
export function answered(http_status: number): Outcome {
  if (http_status >= 200 && http_status < 300) {
    return { succeeded: true, http_status, code: status.OK, message: '' }
  }
  const code = CODES[http_status] ?? (http_status >= 500 ? status.INTERNAL : status.FAILED_PRECONDITION)
  return { succeeded: false, http_status, code, message: `The target answered ${http_status}.` }
}

/** No answer: the deadline passed, or the target could not be reached. */
export function unanswered(deadline: boolean, error: unknown): Outcome {
  const trouble = error instanceof Error ? error.message : String(error)
  return {
    succeeded: false,
    http_status: null,
    code: deadline ? status.DEADLINE_EXCEEDED : status.UNAVAILABLE,
    message: deadline ? 'The attempt deadline passed.' : trouble,
  }
}
