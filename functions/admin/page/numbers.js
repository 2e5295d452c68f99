const whole = new Intl.NumberFormat('en-GB')

/**
 * A count with its thousands apart.
 *
 * @param {number} count
 */
export function countText(count) {
  return whole.format(count)
}
