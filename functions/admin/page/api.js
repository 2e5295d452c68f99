/** What the service refused, or why it could not be asked, in words that can be shown. */
export class Problem extends Error {
  /**
   * @param {number} status 0 when no answer came
   * @param {string} message
   * @param {readonly { field: string, message: string }[]} [fields]
   */
  constructor(status, message, fields = []) {
    super(message)
    this.name = 'Problem'
    this.status = status
    /** What is wrong with each field of what was sent. */
    this.fields = fields
  }
}

/**
 * Reads; parameters that are null, undefined or empty are left out. Rejects with `Problem`.
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
  return request(search === '' ? path : `${path}?${search}`, { method: 'GET', ...(signal && { signal }) })
}

/**
 * Changes something. Rejects with `Problem`.
 *
 * @template T
 * @param {'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path
 * @param {unknown} body
 * @returns {Promise<T>}
 */
export async function send(method, path, body) {
  return request(path, { method, body: JSON.stringify(body) })
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
  const body = await response.json().catch(() => null)
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
 * @param {{ message?: unknown, problems?: unknown } | null} body
 */
function problemOf(status, body) {
  const fields = Array.isArray(body?.problems) ? body.problems : []
  if (status === 401) return new Problem(status, 'Your sign-in has ended. Reload the page to sign in again.')
  if (typeof body?.message === 'string') return new Problem(status, body.message, fields)
  return new Problem(status, `The service answered with status ${status} and no reason. Try again.`)
}
