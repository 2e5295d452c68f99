import { Problem } from './api.js'
import { h, patch } from './dom.js'
import { silence } from './notice.js'
import { failure, failureLine, loading } from './panels.js'
import { placeOf, ROUTES } from './router.js'
import { localText } from './time.js'
import { keepVisits, turn, visitHere } from './visits.js'

/** A view is read again this often while it is seen. */
const REFRESH_MS = 15_000

/**
 * What is shown now: the view at a place, whether its data ever came, the data, and what ends its reading.
 *
 * @type {{
 *   place: import('./router.js').Place,
 *   view: import('./router.js').View<any> | null,
 *   shown: boolean,
 *   data: unknown,
 *   reading: AbortController,
 * } | null}
 */
let current = null
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer
/** When the first reading failed of those that failed since the last good one, in ms; null: the last was good. @type {number | null} */
let staleSince = null
let readAt = 0

/** Shows the place that the address names, and reads it again every 15 s while the page is seen. */
export function start() {
  keepVisits()
  addEventListener('hashchange', () => {
    turn()
    void go()
  })
  document.addEventListener('visibilitychange', () => void refresh())
  void go()
}

/** Reads the view again and lays the answer over what stands there; focus, scroll and dialogs stay. */
export async function refresh() {
  clearTimeout(timer)
  if (document.hidden || current === null) return
  current.reading.abort()
  current.reading = new AbortController()
  await draw(current)
}

/** Draws what is known once more, after something that only the page keeps has changed. */
export function redraw() {
  if (current?.view && current.data !== null)
    patch(region('view'), current.view.render(current.data, current.place))
}

/** Goes to where the address points; the heading takes the focus, as that of a new page would. */
async function go() {
  const before = current
  const place = placeOf(location.hash)
  const isElsewhere = before !== null && keyOf(before.place) !== keyOf(place)
  if (isElsewhere) silence()
  before?.reading.abort()
  // The same view with other parameters is laid over what stands there: a filter keeps the focus.
  const shown = before !== null && !isElsewhere && before.shown
  const here = { place, view: null, shown, data: null, reading: new AbortController() }
  current = here
  markNavigation(place)
  clearTimeout(timer)
  const late = setTimeout(() => current === here && !here.shown && patch(region('view'), [loading()]), 150)
  await draw(here)
  clearTimeout(late)
  if (current === here) arrive(isElsewhere)
}

/** @param {NonNullable<typeof current>} here */
async function draw(here) {
  const { signal } = here.reading
  region('view').setAttribute('aria-busy', 'true')
  try {
    here.view ??= await viewAt(here.place)
    const data = await here.view.load(here.place, signal)
    if (signal.aborted) return
    show(here, data)
  } catch (error) {
    if (signal.aborted) return
    // What was known stays: an operator would rather see it with its time than nothing.
    if (here.shown) stale(error)
    else patch(region('view'), [failure(error)])
  }
  region('view').setAttribute('aria-busy', 'false')
  clearTimeout(timer)
  timer = setTimeout(() => void refresh(), REFRESH_MS)
}

/**
 * @param {NonNullable<typeof current>} here
 * @param {unknown} data
 */
function show(here, data) {
  if (here.view === null) return
  const root = region('view')
  if (!here.shown) root.replaceChildren()
  patch(root, here.view.render(data, here.place))
  here.shown = true
  here.data = data
  document.title = `${here.view.title(here.place)} – Tickover`
  patch(region('trouble'), [])
  staleSince = null
  readAt = Date.now()
  fresh()
}

/**
 * What is shown is older than it should be.
 *
 * @param {unknown} error
 */
function stale(error) {
  staleSince ??= Date.now()
  patch(region('trouble'), [failureLine(error, 'This cannot be refreshed')])
  fresh()
}

/** Says in the bar of when it is what is shown. */
function fresh() {
  const since = staleSince === null ? '' : `, cannot be refreshed since ${localText(staleSince)}`
  region('fresh').classList.toggle('stale', staleSince !== null)
  patch(region('fresh'), [document.createTextNode(`As of ${localText(readAt)}${since}`)])
}

/** @param {import('./router.js').Place} place */
async function viewAt(place) {
  const route = ROUTES.find(({ path }) => path === place.path)
  if (route === undefined) throw new Error(`No view is called ${place.path}`)
  const loaded = await route.view().catch(() => {
    throw new Problem(0, 'A part of the page cannot be loaded. Reload it; you may have to sign in again.')
  })
  return loaded.view
}

/** @param {import('./router.js').Place} place */
function markNavigation({ path }) {
  const at = path === 'job' ? 'jobs' : path
  const links = ROUTES.flatMap(({ path, label }) =>
    label === null ? [] : [h('a', { href: `#/${path}`, 'aria-current': path === at ? 'page' : null }, label)],
  )
  patch(region('nav'), links)
}

/**
 * Another view begins at its top, with its heading. A place that the reader comes back to stands as they left it, with the
 * focus on the link that they followed.
 *
 * @param {boolean} isElsewhere
 */
function arrive(isElsewhere) {
  const visit = visitHere()
  if (visit === undefined && !isElsewhere) return
  const links = [...region('view').querySelectorAll('a')]
  const left = links.find((link) => visit?.href && link.getAttribute('href') === visit.href)
  const heading = region('view').querySelector('h1')
  heading?.setAttribute('tabindex', '-1')
  scrollTo(0, visit?.y ?? 0)
  if (left !== undefined) left.focus({ preventScroll: true })
  else if (isElsewhere) heading?.focus({ preventScroll: true })
}

/** @param {import('./router.js').Place} place */
function keyOf({ path, name }) {
  return `${path}/${name}`
}

/** @param {string} id */
function region(id) {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no region ${id}`)
  return found
}
