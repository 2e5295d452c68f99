import { refresh, start } from './frame.js'
import { showStanding } from './standing.js'

const THEMES = /** @type {const} */ (['system', 'light', 'dark'])

/** The next theme: what the system has, light, dark; kept in this browser. */
function nextTheme() {
  const at = THEMES.findIndex((name) => name === (localStorage.getItem('theme') ?? 'system'))
  const chosen = THEMES[(at + 1) % THEMES.length] ?? 'system'
  localStorage.setItem('theme', chosen)
  nameTheme(chosen)
}

/** @param {string} chosen */
function nameTheme(chosen) {
  if (chosen === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = chosen
  const button = document.getElementById('theme')
  if (button !== null) button.textContent = `Theme: ${chosen}`
}

nameTheme(localStorage.getItem('theme') ?? 'system')
document.getElementById('theme')?.addEventListener('click', nextTheme)
document.getElementById('refresh')?.addEventListener('click', () => void refresh())
// The part after # is the place; the skip link must not change it.
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault()
  document.getElementById('view')?.focus()
})
start()
void showStanding()
