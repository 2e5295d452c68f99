/**
 * A place of the page, as the part of the address after `#` has it: `#/job/NAME?skipped=yes`.
 *
 * @typedef {{ path: string, name: string, query: URLSearchParams }} Place
 */

/**
 * A view: what stands at a place. `load` fetches what it shows, `render` draws it; both are called again at every refresh,
 * and what `render` answers is laid over what stands there (`patch` in dom.js).
 *
 * @template T
 * @typedef {{
 *   title: (place: Place) => string,
 *   load: (place: Place, signal: AbortSignal) => Promise<T>,
 *   render: (data: T, place: Place) => readonly Node[],
 * }} View
 */

/**
 * The views there are; those with a label stand in the navigation.
 *
 * @type {readonly { path: string, label: string | null, view: () => Promise<{ view: View<any> }> }[]}
 */
export const ROUTES = [
  { path: 'jobs', label: 'Jobs', view: () => import('./jobs.js') },
  { path: 'job', label: null, view: () => import('./job.js') },
  { path: 'timeline', label: 'Timeline', view: () => import('./timeline.js') },
  { path: 'rollout', label: 'Rollout', view: () => import('./rollout.js') },
]

/**
 * The place that an address names; what is no place is the list of jobs.
 *
 * @param {string} hash
 * @returns {Place}
 */
export function placeOf(hash) {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2)
  const [first = '', name = ''] = path.split('/', 2)
  const known = ROUTES.some((route) => route.path === first)
  return { path: known ? first : 'jobs', name: decode(name), query: new URLSearchParams(search) }
}

/**
 * The address of a place, for a link. Parameters that are null or empty are left out.
 *
 * @param {string} path
 * @param {string} [name]
 * @param {Readonly<Record<string, string | null | undefined>>} [query]
 */
export function hrefOf(path, name = '', query = {}) {
  const given = Object.entries(query).flatMap(([key, value]) => (value ? [[key, value]] : []))
  const search = new URLSearchParams(given).toString()
  const place = name === '' ? path : `${path}/${encodeURIComponent(name)}`
  return `#/${place}${search === '' ? '' : `?${search}`}`
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
