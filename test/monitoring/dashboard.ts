import { join } from 'node:path'
import { openBrowser } from '../support/browser.ts'
import { planOf } from '../support/terraform.ts'
import { chart, type Line } from './dashboard/chart.ts'
import { seriesOfGoogle } from './dashboard/shown.ts'
import { liveThrough } from './entries.ts'
import { STEP } from './firing.ts'
import { type Tile, tilesIn, watchingIn } from './plan.ts'
import { platformSeries } from './platform.ts'
import { type Answer, evaluate } from './promtool.ts'
import { seriesOf } from './series.ts'

// Draws the dashboard as its JSON in Terraform's plan has it, over a good hour and two with faults: `npm run dashboard:picture`.

const HOURS = ['good', 'store', 'callers']
const HOUR = 3_600_000
const PICTURE = join(import.meta.dirname, '../../docs/dashboard.png')
const MINUTES = HOURS.length * 60

const STYLE = `
  body { margin: 0; background: #f1f3f4; font: 13px/1.4 Roboto, "DejaVu Sans", sans-serif; color: #202124 }
  main { display: grid; grid-template-columns: repeat(48, 1fr); gap: 0; padding: 8px }
  figure { margin: 6px; padding: 10px 14px 6px; background: #fff; border: 1px solid #dadce0; border-radius: 8px }
  figcaption { font-size: 14px; font-weight: 600; margin-bottom: 4px }
  svg { display: block; width: 100% }
  line { stroke: #e8eaed }
  path { fill: none; stroke-width: 1.8; stroke-linejoin: round }
  text { font-size: 11px; fill: #5f6368 }
  text.legend { font-size: 12px; fill: #3c4043 }
`

const plan = await planOf()
const tiles = tilesIn(plan)
const series = await seriesOfAll()
const questions = tiles.flatMap(({ lines }) =>
  lines.flatMap(({ query }) =>
    Array.from({ length: MINUTES + 1 }, (_, minute) => ({ expr: query, at_seconds: minute * 60 })),
  ),
)
const [answers = []] = await evaluate([], [{ series, step_seconds: STEP, questions }])
const left = [...answers]
const figures = tiles.map((tile) =>
  placed(
    tile,
    chart(
      tile,
      tile.lines.flatMap(({ legend }) => linesOf(legend, left.splice(0, MINUTES + 1))),
    ),
  ),
)
await draw(figures)

/** The hours one after another, as one time. */
async function seriesOfAll() {
  const hours = await Promise.all(HOURS.map(liveThrough))
  const entries = hours.flatMap(({ began, entries }, n) =>
    entries.map((entry) => ({ ...entry, time: entry.time - began + n * HOUR })),
  )
  const span = { from: 0, step: STEP * 1000, steps: (MINUTES * 60) / STEP + 1 }
  const usual = { cpu: 0.22, memory: 0.41, start_ms: 2_300, good: 3, bad: 0 }
  return [
    ...watchingIn(plan).metrics.flatMap((metric) => seriesOf(metric, entries, span)),
    ...seriesOfGoogle(entries, span),
    ...platformSeries('tickover', usual, span),
  ]
}

/** A query's answers, minute by minute, as a line for each of its series. */
function linesOf(legend: string, minutes: readonly Answer[]): readonly Line[] {
  const nameOf = (labels: Readonly<Record<string, string>>) => legend || Object.values(labels).join(', ')
  const names = [...new Set(minutes.flatMap((answer) => answer.map(({ labels }) => nameOf(labels))))]
  return names.toSorted().map((name) => ({
    legend: name,
    values: minutes.map((answer) => {
      const value = answer.find(({ labels }) => nameOf(labels) === name)?.value
      return value === undefined || !Number.isFinite(value) ? null : value
    }),
  }))
}

function placed({ place }: Tile, figure: string): string {
  const rows = `${place.y + 1} / span ${place.height}`
  return `<div style="grid-column: ${place.x + 1} / span ${place.width}; grid-row: ${rows}">${figure}</div>`
}

async function draw(parts: readonly string[]): Promise<void> {
  const browser = await openBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.setContent(`<!doctype html><style>${STYLE}</style><main>${parts.join('')}</main>`)
    await page.screenshot({ path: PICTURE, fullPage: true })
  } finally {
    await browser.close()
  }
}
