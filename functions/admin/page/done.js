import { refresh } from './frame.js'

/**
 * After an action the page shows what came of it: the view as it stands now, or another place.
 *
 * @param {string} [href]
 */
export async function done(href) {
  if (href === undefined) return refresh()
  const arrived = new Promise((resolve) => addEventListener('hashchange', resolve, { once: true }))
  location.hash = href
  await arrived
}
