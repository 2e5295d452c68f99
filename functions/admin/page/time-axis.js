const HOUR = 3_600_000
/** How far apart the times of an axis may be; days and parts of days begin at the reader's midnight. */
const STEPS = [HOUR / 6, HOUR, 4 * HOUR, 24 * HOUR]
const MOST = 8

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric' })

/**
 * The times that an axis names, at most 8 of them.
 *
 * @param {{ from: number, to: number }} window ms
 * @returns {readonly { at: number, text: string }[]}
 */
export function axisText({ from, to }) {
  const step = STEPS.find((one) => (to - from) / one <= MOST) ?? 24 * HOUR
  const format = step === 24 * HOUR ? day : time
  const begin = new Date(from).setHours(0, 0, 0, 0)
  const first = begin + Math.ceil((from - begin) / step) * step
  const count = Math.min(MOST, Math.floor((to - first) / step) + 1)
  return Array.from({ length: Math.max(0, count) }, (_, n) => {
    const at = first + n * step
    return { at, text: format.format(at) }
  })
}
