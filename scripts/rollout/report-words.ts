/** No line of a report is longer. */
export const WIDTH = 110

/** The text on one line, without control characters, at most so long; what is cut off shows as `…`. */
export function cut(text: string, width: number): string {
  const plain = text.replaceAll(/[\p{C}\n]+/gu, ' ')
  return plain.length <= width ? plain : `${plain.slice(0, width - 1)}…`
}

/** An ISO instant without its milliseconds. */
export function instant(iso: string): string {
  return iso.replace(/\.\d{3}Z$/, 'Z')
}

/** Milliseconds as seconds in at most 4 digits; more of them in minutes or hours, with their unit. */
export function seconds(ms: number): string {
  const s = ms / 1000
  if (Math.abs(s) < 9.95) return s.toFixed(1)
  if (Math.abs(s) < 1000) return s.toFixed(0)
  return s < 60_000 ? `${(s / 60).toFixed(0)}m` : `${(s / 3600).toFixed(0)}h`
}
