/** The seconds of a duration such as `90s` or `1h30m`; null when it is not one. Units: h, m, s, each at most once, in that order. */
export function parseDuration(text: string): number | null {
  const match = /^(?=\d)(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/.exec(text)
  if (match === null) return null
  const [, hours = 0, minutes = 0, seconds = 0] = match
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)
}
