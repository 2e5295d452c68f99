/** What a service is sent when one of its jobs is due, once it has passed the service's strict checks. */
export interface Delivery {
  readonly url: URL
  readonly job: string
  readonly run: string
  readonly config: Readonly<Record<string, unknown>>
  readonly triggered_by: 'scheduler' | 'manual'
  /** Null: the body names nobody. */
  readonly user: string | null
  readonly attempt: number
  readonly fence: number
  readonly scheduled_for: string
  readonly run_token: string
  readonly completion_url: string
}

/** A request as it arrived: header names in lower case. */
export interface Arrival {
  readonly url: URL
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** The fields of the body that there may be, and what each has to be. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  jobName: isText,
  config: isObject,
  executionId: isText,
  triggeredBy: (value) => value === 'scheduler' || value === 'manual',
  triggeredByUser: isText,
}
const REQUIRED = ['jobName', 'config', 'executionId', 'triggeredBy']

/** Reads a request as the strictest of services would; throws what is wrong with it. */
export function readDelivery({ url, headers, body }: Arrival): Delivery {
  const header = (name: string) => (headers[name] ?? '').toString()
  refuseUnless(header('content-type') === 'application/json', 'the content type is not JSON')
  const fields: unknown = JSON.parse(body)
  refuseUnless(isObject(fields), 'the body is no object')
  for (const [name, value] of Object.entries(fields))
    refuseUnless(FIELDS[name]?.(value) ?? false, `${name} is not as it should be`)
  for (const name of REQUIRED) refuseUnless(name in fields, `${name} is missing`)
  const run = String(fields.executionId)
  for (const name of ['x-scheduler-execution-id', 'idempotency-key'])
    refuseUnless(decodeURIComponent(header(name)) === run, `${name} is not the execution's`)
  return {
    url,
    job: String(fields.jobName),
    run,
    config: fields.config as Delivery['config'],
    triggered_by: fields.triggeredBy as Delivery['triggered_by'],
    user: isText(fields.triggeredByUser) ? fields.triggeredByUser : null,
    attempt: Number(header('x-scheduler-attempt')),
    fence: Number(header('x-scheduler-fence')),
    scheduled_for: header('x-scheduler-scheduled-for'),
    run_token: header('x-scheduler-run-token'),
    completion_url: header('x-scheduler-completion-url'),
  }
}

function refuseUnless(isFine: boolean, reason: string): asserts isFine {
  if (!isFine) throw new Error(reason)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
