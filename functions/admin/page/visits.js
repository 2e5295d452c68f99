/** The most places that are remembered; the oldest is forgotten. */
const MOST = 50

/** What the reader saw at each entry of the browser's history. @type {Map<number, { y: number, href: string | null }>} */
const visits = new Map()
let latest = 0
let here = 0

/** From now on the page itself finds the place that the reader comes back to: a view is drawn later than the browser looks. */
export function keepVisits() {
  history.scrollRestoration = 'manual'
  here = enter()
}

/** The address has changed: keeps how the place looked that the reader leaves. */
export function turn() {
  visits.set(here, { y: scrollY, href: document.activeElement?.getAttribute('href') ?? null })
  const [oldest] = visits.keys()
  if (visits.size > MOST && oldest !== undefined) visits.delete(oldest)
  here = enter()
}

/** How the reader left this entry of the history; undefined where they are for the first time. */
export function visitHere() {
  return visits.get(here)
}

/** An entry of the history is known by a number in its state; a new one has none yet. */
function enter() {
  const known = Number(history.state?.visit)
  if (known > 0) return known
  latest = Math.max(latest + 1, Date.now())
  history.replaceState({ visit: latest }, '')
  return latest
}
