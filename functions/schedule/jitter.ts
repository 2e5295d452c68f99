/** The stable offset of a job: the same for the same name and jitter; whole milliseconds, 0 <= offset < jitter (0 when there is none). */
export function offsetOf(name: string, jitterSeconds: number): number {
  return Math.floor(shareOf(name) * jitterSeconds * 1_000)
}

/** Where a name stands between 0 and 1 (exclusive): the same for the same name, evenly spread over many. */
export function shareOf(name: string): number {
  return hash(name) / 2 ** 32
}

/** FNV-1a of the name's UTF-16 units, then mixed (the finish of MurmurHash3), since names often differ in their last digit only. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193)
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}
