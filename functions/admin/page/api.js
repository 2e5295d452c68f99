/** What the service refused, or why it could not be asked, in words that can be shown. */
export class Problem extends Error {
  /**
   * @param {number} status 0 when no answer came
   * @param {string} message
   * @param {{ code?: string, fields?: readonly { field: string, message: string }[], isUnknown?: boolean }} [more]
   */
  constructor(status, message, { code = '', fields = [], isUnknown = false } = {}) {
    super(message)
    this.name = 'Problem'
    this.status = status
    /** The service's own name of what is wrong. */
    this.code = code
    /** What is wrong with each field of what was sent. */
    this.fields = fields
    /** Was something sent that may have been done all the same? */
    this.isUnknown = isUnknown
  }
}

/** Whoever waits for a view is told after this long that nothing comes. An action may take minutes: it has no such end. */
const PATIENCE_MS = 10_000

/**
 * Reads, within 10 s; parameters that are null, undefined or empty are left out. Rejects with `Problem`.
 *
 * @template T
 * @param {string} path
 * @param {Readonly<Record<string, string | number | null | undefined>>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function read(path, query = {}, signal) {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === null || value === undefined || value === '' ? [] : [[name, String(value)]],
  )
  const search = new URLSearchParams(given).toString()
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
  const ends = signal === undefined ? [patience.signal] : [patience.signal, signal]
  try {
    return await request(search === '' ? path : `${path}?${search}`, {
      method: 'GET',
      signal: AbortSignal.any(ends),
    })
  } catch (error) {
    if (!patience.signal.aborted || signal?.aborted) throw error
    throw new Problem(0, 'The service has not answered within 10 s. It is asked again by itself.')
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Changes something. Rejects with `Problem`; where no answer of the service came, it says that the change may have been made.
 *
 * @template T
 * @param {'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<T>}
 */
export async function send(method, path, body) {
  try {
    return await request(path, { method, body: JSON.stringify(body) })
  } catch (error) {
    throw error instanceof Problem && isSilence(error)
      ? new Problem(error.status, UNKNOWN, { isUnknown: true })
      : error
  }
}

const UNKNOWN =
  'The answer did not arrive. It is not known whether it was done: look at the history and the audit trail first.'

/**
 * Is it no answer of the service itself, which names a code with each refusal?
 *
 * @param {Problem} problem
 */
function isSilence({ status, code }) {
  return code === '' && (status < 400 || status >= 500)
}

/**
 * The path of a job's route.
 *
 * @param {string} name
 * @param {string} [rest] such as `/history`
 */
export function jobPath(name, rest = '') {
  return `/api/jobs/${encodeURIComponent(name)}${rest}`
}

/**
 * @template T
 * @param {string} url
 * @param {RequestInit} init
 * @returns {Promise<T>}
 */
async function request(url, init) {
  const response = await reach(url, init)
  const body = await response.json().catch((error) => {
    if (init.signal?.aborted) throw error
    return null
  })
  if (response.ok && body !== null) return body
  throw problemOf(response.status, body)
}

/**
 * `X-Scheduler-Request` is what no foreign page can send; `X-Requested-With` makes Google's proxy answer 401 instead of a
 * redirect to its sign-in.
 *
 * @param {string} url
 * @param {RequestInit} init
 */
async function reach(url, init) {
  const headers = {
    Accept: 'application/json',
    'X-Scheduler-Request': 'page',
    'X-Requested-With': 'XMLHttpRequest',
    ...(init.body !== undefined && { 'Content-Type': 'application/json' }),
  }
  try {
    return await fetch(url, { ...init, headers, cache: 'no-store' })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new Problem(0, 'The service cannot be reached. Check your connection.')
  }
}

/**
 * @param {number} status
 * @param {{ message?: unknown, code?: unknown, problems?: unknown } | null} body
 */
function problemOf(status, body) {
  const code = typeof body?.code === 'string' ? body.code : ''
  const fields = Array.isArray(body?.problems) ? body.problems : []
  if (status === 401)
    return new Problem(status, 'Your sign-in has ended. Reload the page to sign in again.', {
      code: 'unauthenticated',
    })
  if (status === 404 && code === 'not_found') return new Problem(status, NO_JOB, { code })
  if (typeof body?.message === 'string') return new Problem(status, body.message, { code, fields })
  return new Problem(status, `The service answered with status ${status} and no reason. Try again.`)
}

const NO_JOB =
  'No job has this name, or none has it any more: it may have been deleted. The list of jobs shows those there are.'
