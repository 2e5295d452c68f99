import type { Documents } from '../../store/documents.ts'
import { DAY_MS, HOUR_MS } from './backwards.ts'
import { allowance, justBefore, pages } from './pages.ts'
import { inOrder, isOfOther, type Seen, type Tick, toTick } from './ticks.ts'

/** Since when (ms) the ticks have told the stage and no other; null: the last one tells another, or there is none. */
export interface StageAge {
  readonly since: number | null
  /** Did a tick tell another stage before? */
  readonly changed: boolean
}

const HOURS = 24
/** Among so many there is one that is not of the loop. */
const MOST_OF_LOOP = 20
/** What is read of the hour in which the stage began. */
const MOST_AT_BEGIN = 5_000

/**
 * How long the stage has stood without interruption, back to `first` (ms) at most. Where ticks were read, each is asked; before
 * that, one an hour, of the first lane that has one, since all lanes' ticks are answered by one service.
 */
export async function stageAge(
  documents: Documents,
  lanes: readonly string[],
  stage: number,
  first: number,
  seen: Seen,
): Promise<StageAge> {
  if (seen.ticks.some((tick) => isOfOther(tick, stage))) return ageBy(seen.ticks, stage)
  const probed = await probe(documents, lanes, stage, [first, seen.read_from - 1])
  const before = [...probed, ...seen.ticks]
  const other = probed.findLast((tick) => isOfOther(tick, stage))
  const after = before.slice(other === undefined ? 0 : before.indexOf(other) + 1)
  const own = after.find(({ path }) => path === 'tick')
  const between = [other?.started_at ?? first, (own?.started_at ?? seen.read_from) - 1] as const
  return ageBy(inOrder([...before, ...(await readAll(documents, lanes, between))]), stage)
}

function ageBy(ticks: readonly Tick[], stage: number): StageAge {
  const last = ticks.findLastIndex((tick) => isOfOther(tick, stage))
  const since = ticks.slice(last + 1).find(({ path }) => path === 'tick')?.started_at ?? null
  return { since, changed: last >= 0 }
}

/** A tick of each hour, oldest first, a day at a time until one of them tells another stage. */
async function probe(
  documents: Documents,
  lanes: readonly string[],
  stage: number,
  [first, until]: readonly [number, number],
): Promise<Tick[]> {
  let found: Tick[] = []
  for (let end = until; end >= first; end -= DAY_MS) {
    const ends = Array.from({ length: HOURS }, (_, hour) => end - hour * HOUR_MS).filter((at) => at >= first)
    const day = ends.map((at) => anyOf(documents, lanes, [Math.max(first, at - HOUR_MS + 1), at]))
    found = [...inOrder((await Promise.all(day)).flat()), ...found]
    if (found.some((tick) => isOfOther(tick, stage))) break
  }
  return found
}

async function anyOf(
  documents: Documents,
  lanes: readonly string[],
  between: readonly [number, number],
): Promise<Tick[]> {
  for (const lane of lanes) {
    const found = await firstOf(documents, lane, between)
    if (found.length > 0) return found
  }
  return []
}

/** The first tick of a lane between two instants that is not a pass of the loop. */
async function firstOf(
  documents: Documents,
  equals: string,
  [from, upTo]: readonly [number, number],
): Promise<Tick[]> {
  for (const limit of [1, MOST_OF_LOOP]) {
    const asked = { shape: 'ticks', equals, after: justBefore(from), upTo, limit } as const
    const { value } = await documents.query(asked)
    const tick = value.flatMap(toTick).find(({ path }) => path === 'tick')
    if (tick !== undefined) return [tick]
    if (value.length < limit) return []
  }
  return []
}

/** None where there are more than can be read: the stage is then told to have begun up to an hour late. */
async function readAll(
  documents: Documents,
  lanes: readonly string[],
  between: readonly [number, number],
): Promise<Tick[]> {
  const allowed = allowance(MOST_AT_BEGIN)
  const found: Tick[] = []
  if (between[1] < between[0]) return []
  for (const equals of lanes)
    for await (const page of pages(documents, { shape: 'ticks', equals }, between, allowed))
      found.push(...page.flatMap(toTick))
  return allowed.cut ? [] : found
}
