/** What an outside scheduler asks for before it performs. Instants in ms. */
export interface ClaimRequest {
  readonly job: string
  readonly started_at: number
  /** Null: the occurrence nearest to `started_at`. */
  readonly scheduled_for: number | null
  readonly lease_seconds: number
  /** JSON text; null: the job's own. */
  readonly payload: string | null
  /** For a job that is not known yet; null: its name. */
  readonly job_type: string | null
  /** Who asks. */
  readonly email: string
  /** Names this one request, so that a repeated one is known again; null: it will not be repeated. */
  readonly key: string | null
}

/** What a reporter says that it holds. */
export interface Holding {
  readonly run: string
  readonly fence: number
  readonly email: string
}
