import type { Clock } from '../../../functions/clock.ts'

const ROUTES = ['Harbour', 'Hill', 'Market', 'Station'].map((name, n) => ({ id: `r${n + 1}`, name }))
const STOPS = ['Castle', 'Fish Market', 'Library', 'Opera', 'Park Gate', 'University']
const CONDITIONS = ['clear', 'cloudy', 'rain', 'windy']
const VEHICLES_OF_A_ROUTE = 3
const HOUR = 3_600_000
/** Between two arrivals in the city, in ms. */
const ARRIVAL_EVERY = 6_000

/** The routes of the city. */
export function routes() {
  return ROUTES
}

/** Where the vehicles stand at an instant; the same for all who ask then. */
export function vehicles(now: number) {
  return ROUTES.flatMap(({ id }, r) =>
    Array.from({ length: VEHICLES_OF_A_ROUTE }, (_, v) => ({
      id: `bus-${r + 1}${v + 1}`,
      route: id,
      delay_seconds: Math.round(60 + 90 * Math.sin(now / 300_000 + r + 2 * v)),
    })),
  )
}

/** The weather at an instant: warmest after noon, by UTC. */
export function weather(now: number) {
  const temperature = Math.round(10 * (12 - 6 * Math.cos((2 * Math.PI * (now / HOUR - 2)) / 24))) / 10
  return { temperature, condition: CONDITIONS[Math.floor(now / HOUR) % CONDITIONS.length] ?? 'clear' }
}

/** The arrivals from now on for so many minutes, each as it comes; ends early with the signal. */
export async function* liveArrivals(clock: Clock, minutes: number, signal: AbortSignal) {
  const end = clock.now() + minutes * 60_000
  for (let n = Math.ceil(clock.now() / ARRIVAL_EVERY); n * ARRIVAL_EVERY <= end; n += 1) {
    await clock.sleep(n * ARRIVAL_EVERY - clock.now(), signal)
    if (signal.aborted) return
    yield arrival(n)
  }
  await clock.sleep(end - clock.now(), signal)
}

function arrival(n: number) {
  const r = n % ROUTES.length
  return {
    id: `a${n}`,
    vehicle: `bus-${r + 1}${(n % VEHICLES_OF_A_ROUTE) + 1}`,
    route: ROUTES[r]?.name ?? '',
    stop: STOPS[n % STOPS.length] ?? '',
    at: new Date(n * ARRIVAL_EVERY).toISOString(),
  }
}
