import { read } from './api.js'
import { h, patch } from './dom.js'

/**
 * What `/health` tells those who may view.
 *
 * @typedef {{
 *   environment?: string,
 *   stage?: number,
 *   overdue_jobs?: number,
 *   warnings?: readonly string[],
 *   caller?: { name: string, may_operate: boolean },
 * }} Health
 */

/** @type {Health} */
let known = {}

/** May the viewer act? Until the service says no, yes: it refuses by itself who may not. */
export function mayOperate() {
  return known.caller?.may_operate ?? true
}

/** Says in the bar which environment this is, at which stage, and as whom the reader is signed in. */
export async function showStanding() {
  const region = document.getElementById('standing')
  if (region === null) return
  known = await read('/health').catch(() => ({}))
  const { environment, stage, caller, warnings = [] } = known
  patch(region, [
    ...(environment
      ? [h('span', { class: `tag ${environment === 'production' ? 'bad' : ''}` }, environment)]
      : []),
    ...(stage === undefined ? [] : [h('a', { class: 'tag', href: '#/rollout' }, `stage ${stage}`)]),
    ...warnings.map((text) => h('span', { class: 'tag warn' }, text)),
    ...(caller
      ? [h('span', { class: 'who' }, caller.may_operate ? caller.name : `${caller.name} (may view)`)]
      : []),
  ])
}
