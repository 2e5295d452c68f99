import type { Tile } from '../plan.ts'

/** One line of a chart: a value a minute; null where there is none. */
export interface Line {
  readonly legend: string
  readonly values: readonly (number | null)[]
}

const WIDTH = 660
const HEIGHT = 236
const PLOT = { left: 58, top: 12, right: WIDTH - 14, bottom: HEIGHT - 58 }
const COLOURS = ['#1a73e8', '#e8710a', '#12937f', '#9334e6', '#d93025', '#80868b']
/** Minutes between two marks on the axis of time. */
const MARK = 30
const MOST_LINES = COLOURS.length

/** A tile as a picture in SVG: its lines over time, between 0 and a round number over the largest value. */
export function chart({ title, unit }: Pick<Tile, 'title' | 'unit'>, lines: readonly Line[]): string {
  const shown = lines.slice(0, MOST_LINES)
  const most = Math.max(0, ...shown.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const top = roundUp(most)
  const minutes = Math.max(1, ...shown.map(({ values }) => values.length - 1))
  const x = (minute: number) => PLOT.left + (minute / minutes) * (PLOT.right - PLOT.left)
  const y = (value: number) => PLOT.bottom - (value / top) * (PLOT.bottom - PLOT.top)
  const rules = [0, 0.25, 0.5, 0.75, 1].map((share) => rule(y(share * top), told(share * top, unit)))
  const marks = Array.from({ length: Math.floor(minutes / MARK) + 1 }, (_, n) => mark(x(n * MARK), n * MARK))
  const paths = shown.map(({ values }, n) => path(values, x, y, COLOURS[n] ?? ''))
  return `<figure><figcaption>${escaped(title)}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}">${[...rules, ...marks, ...paths, legend(shown)].join('')}</svg></figure>`
}

function path(
  values: Line['values'],
  x: (minute: number) => number,
  y: (value: number) => number,
  colour: string,
): string {
  let draws = false
  const steps = values.map((value, minute) => {
    const step = value === null ? '' : `${draws ? 'L' : 'M'}${x(minute).toFixed(1)} ${y(value).toFixed(1)}`
    draws = value !== null
    return step
  })
  return `<path d="${steps.join('')}" stroke="${colour}"/>`
}

function rule(y: number, text: string): string {
  return `<line x1="${PLOT.left}" x2="${PLOT.right}" y1="${y}" y2="${y}"/><text x="${PLOT.left - 8}" y="${y + 4}" text-anchor="end">${text}</text>`
}

function mark(x: number, minute: number): string {
  const text = `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`
  return `<text x="${x}" y="${PLOT.bottom + 20}" text-anchor="middle">${text}</text>`
}

function legend(lines: readonly Line[]): string {
  let x = PLOT.left
  return lines
    .map(({ legend: text }, n) => {
      const at = x
      x += 34 + text.length * 6.6
      return `<rect x="${at}" y="${HEIGHT - 20}" width="12" height="3" fill="${COLOURS[n] ?? ''}"/><text class="legend" x="${at + 18}" y="${HEIGHT - 14}">${escaped(text)}</text>`
    })
    .join('')
}

/** The next of 1, 2, 4, 5, 8 and 10 times a power of ten. */
function roundUp(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 4, 5, 8].find((step) => step * power >= value - 1e-9) ?? 10) * power
}

function told(value: number, unit: string): string {
  if (unit === '10^2.%') return `${Number((value * 100).toPrecision(3))} %`
  if (unit === 'ms')
    return value >= 1000 ? `${Number((value / 1000).toPrecision(3))} s` : `${Number(value.toPrecision(3))} ms`
  return String(Number(value.toPrecision(3)))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
