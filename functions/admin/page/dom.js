/**
 * Elements are made here and nowhere else. Text becomes text nodes, never markup: a stored script is shown as it is.
 *
 * @typedef {Node | string | number | null | undefined | false} Child
 * @typedef {Readonly<Record<string, unknown>>} Props
 */

/** The handlers that a refresh hands over to the elements that stay. */
const HANDLERS = [
  'onclick',
  'oninput',
  'onchange',
  'onsubmit',
  'onkeydown',
  'ontoggle',
  'onpointerenter',
  'onpointerleave',
  'onfocus',
  'onblur',
]

/**
 * An HTML element. `on…` props are handlers; all others are attributes: `true` is an empty one, null, undefined and
 * `false` leave it out. `data-key` names a child among its siblings, so that a refresh finds it again.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children)
}

/**
 * An SVG element; otherwise as `h`.
 *
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Props} [props]
 * @param {...(Child | readonly Child[])} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children)
}

/**
 * Makes the children of `parent` look like `next` and keeps every element that can stay, with its focus, its scroll, what
 * was typed into it and whether it stands open. An element with `data-keep` keeps its content.
 *
 * @param {Element} parent
 * @param {readonly Node[]} next
 */
export function patch(parent, next) {
  next.forEach((node, place) => {
    const standing = counterpart(parent, node, place)
    const here = parent.childNodes[place] ?? null
    if (standing === null) parent.insertBefore(node, here)
    else {
      if (standing !== here) parent.insertBefore(standing, here)
      become(standing, node)
    }
  })
  while (parent.childNodes.length > next.length) parent.lastChild?.remove()
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Props} props
 * @param {readonly (Child | readonly Child[])[]} children
 * @returns {E}
 */
function fill(element, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') Object.assign(element, { [name]: value })
    else if (value === true) element.setAttribute(name, '')
    else if (typeof value === 'string' || typeof value === 'number') element.setAttribute(name, `${value}`)
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false)
      element.append(child instanceof Node ? child : String(child))
  }
  return element
}

/**
 * The child of `parent` that `node` may be: the one with its key, or the one at its place if neither has a key.
 *
 * @param {Element} parent
 * @param {Node} node
 * @param {number} place
 */
function counterpart(parent, node, place) {
  const key = keyOf(node)
  const here = parent.childNodes[place] ?? null
  if (key === null)
    return here !== null && keyOf(here) === null && here.nodeName === node.nodeName ? here : null
  const found = [...parent.children].find((child) => keyOf(child) === key)
  return found?.nodeName === node.nodeName ? found : null
}

/** @param {Node} node */
function keyOf(node) {
  return node instanceof Element ? node.getAttribute('data-key') : null
}

/**
 * @param {Node} standing
 * @param {Node} next
 */
function become(standing, next) {
  if (!(standing instanceof Element) || !(next instanceof Element)) {
    if (standing.nodeValue !== next.nodeValue) standing.nodeValue = next.nodeValue
    return
  }
  takeAttributes(standing, next)
  for (const name of HANDLERS) Reflect.set(standing, name, Reflect.get(next, name) ?? null)
  if (!standing.hasAttribute('data-keep')) patch(standing, [...next.childNodes])
}

/**
 * What stands open was opened by the reader, and stays open.
 *
 * @param {Element} standing
 * @param {Element} next
 */
function takeAttributes(standing, next) {
  for (const name of standing.getAttributeNames()) {
    if (name !== 'open' && !next.hasAttribute(name)) standing.removeAttribute(name)
  }
  for (const { name, value } of next.attributes) {
    if (name !== 'open' && standing.getAttribute(name) !== value) standing.setAttribute(name, value)
  }
  const isTyping = document.activeElement === standing
  if (standing instanceof HTMLInputElement && !isTyping) standing.value = next.getAttribute('value') ?? ''
}
