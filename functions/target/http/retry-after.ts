/** The most that a target is obeyed, in seconds. */
const MOST = 86_400

/** A `Retry-After` (seconds, or an HTTP date) as seconds from `now` (ms), at most a day; null when it says nothing. */
export function retryAfter(text: string | undefined, now: number): number | null {
  const told = text?.trim() ?? ''
  if (/^\d{1,20}$/.test(told)) return Math.min(MOST, Number(told))
  const at = /^[A-Za-z]{3,9},? .{1,40} GMT$/.test(told) ? Date.parse(told) : Number.NaN
  if (Number.isNaN(at)) return null
  return Math.min(MOST, Math.max(0, Math.ceil((at - now) / 1000)))
}
