import type { Change, Documents, Stored } from '../../functions/store/documents.ts'
import { copyText, judge, tally, textOf, type Verdict } from './compare.ts'
import type { Opened } from './open.ts'
import { type Overview, overview, pagesToMove } from './pages.ts'

/** What is copied where, and how. */
export interface Copying {
  readonly source: Opened
  readonly target: Opened
  /** Copy also while attempts are under way? Their entries are copied as they are, and run out. */
  readonly with_running: boolean
  /** Only say what would be done? */
  readonly dry_run: boolean
  readonly say: (line: string) => void
}

/** How it ended: `pending`, there is something to copy and it was not (`dry_run`). */
export type Ending = 'copied' | 'equal' | 'pending'

const DAY_MS = 24 * 3_600_000
const MOST_NAMED = 10
const PROGRESS = 1_000

/**
 * Moves jobs, runs in flight with their effects, and the records of the last 24 hours, by which no occurrence gets a
 * second outcome. It may be called again after it was cut off: it creates what is missing, updates what differs, and
 * compares both sides at the end. Rejects, with nothing written, when an attempt is under way or when something has moved
 * on in the target; and when a store does not take part.
 */
export async function copy({ source, target, with_running, dry_run, say }: Copying): Promise<Ending> {
  say(`From ${source.name} to ${target.name}`)
  const [ours, theirs] = [await overview(source.documents), await overview(target.documents)]
  if (!with_running) {
    refuseHeld(source, ours)
    refuseHeld(target, theirs)
  }
  const pass = { source: source.documents, target: target.documents, ours, since: ours.time - DAY_MS }
  const plan = await survey(pass)
  for (const line of planLines(plan, leftAlone(ours, theirs))) say(line)
  if (plan.ahead.length > 0) throw new Error(movedOn(target, plan.ahead))
  const pending = plan.missing + plan.differs
  if (pending === 0 || dry_run) return pending === 0 ? 'equal' : 'pending'
  await carryOver(pass, pending, say)
  const { same, documents, hashes } = await survey(pass)
  say(
    `${documents} documents there (hash ${hashes.source}), ${same} of them equal here (hash ${hashes.target})`,
  )
  if (hashes.source !== hashes.target)
    throw new Error(
      'The two sides are not equal: one of them is in use. Stop what uses it, then run this again.',
    )
  return 'copied'
}

interface Pass {
  readonly source: Documents
  readonly target: Documents
  readonly ours: Overview
  readonly since: number
}

type Survey = Record<Exclude<Verdict, 'ahead'>, number> & {
  readonly documents: number
  readonly ahead: readonly string[]
  readonly hashes: { readonly source: string; readonly target: string }
}

/** Compares all that moves with what the target has of it. */
async function survey(pass: Pass): Promise<Survey> {
  const counts = { same: 0, missing: 0, differs: 0, ahead: 0, documents: 0 }
  const ahead: string[] = []
  const hashes = { source: tally(), target: tally() }
  for await (const { stored, copied, verdict } of pairs(pass)) {
    counts.documents += 1
    counts[verdict] += 1
    if (verdict === 'ahead') ahead.push(stored.ref.id)
    hashes.source.add(stored, textOf(stored.fields))
    if (copied !== null) hashes.target.add(copied, copyText(stored, copied))
  }
  return { ...counts, ahead, hashes: { source: hashes.source.hex(), target: hashes.target.hex() } }
}

/** Writes page by page what is missing or differs. */
async function carryOver(pass: Pass, pending: number, say: (line: string) => void): Promise<void> {
  let written = 0
  for await (const page of pagesOfPairs(pass)) {
    const changes = page.map(changeFor).filter((change) => change !== null)
    if (changes.length === 0) continue
    const committed = await pass.target.commit(changes)
    if (committed.outcome !== 'done')
      throw new Error(
        `After ${written} documents: ${committed.reason}. Stop what uses the target, then run this again.`,
      )
    const before = written
    written += changes.length
    if (Math.floor(written / PROGRESS) > Math.floor(before / PROGRESS))
      say(`  ${written} of ${pending} written`)
  }
}

interface Pair {
  readonly stored: Stored
  readonly copied: Stored | null
  readonly verdict: Verdict
}

async function* pairs(pass: Pass): AsyncGenerator<Pair> {
  for await (const page of pagesOfPairs(pass)) yield* page
}

async function* pagesOfPairs({ source, target, ours, since }: Pass): AsyncGenerator<readonly Pair[]> {
  for await (const page of pagesToMove(source, ours, since)) {
    const { value } = await target.get(page.map(({ ref }) => ref))
    yield page.map((stored, n) => {
      const copied = value[n] ?? null
      return { stored, copied, verdict: judge(stored, copied) }
    })
  }
}

function changeFor({ stored, copied, verdict }: Pair): Change | null {
  const { ref, fields } = stored
  if (verdict === 'ahead')
    throw new Error(`${ref.id} has moved on in the target meanwhile. Stop what uses it.`)
  if (copied === null) return { kind: 'create', ref, fields }
  return verdict === 'differs' ? { kind: 'update', ref, version: copied.version, fields } : null
}

function refuseHeld({ name }: Opened, { held }: Overview): void {
  if (held.length === 0) return
  throw new Error(
    `In ${name} attempts are under way: ${named(held)}. Stop the service and wait until they have ended, or until their ` +
      'leases have run out; --with-running copies their entries as they are, to run out in the other store.',
  )
}

function movedOn({ name }: Opened, ahead: readonly string[]): string {
  return (
    `Nothing was copied: in ${name} these have moved on beyond the source: ${named(ahead)}. ` +
    'Copy the other way, or delete them there.'
  )
}

function planLines({ missing, differs, same, ahead }: Survey, alone: readonly string[]): string[] {
  return [
    `  to create ${missing}, to update ${differs}, equal ${same}, moved on ${ahead.length}`,
    ...(alone.length > 0 ? [`  left alone, since only the target has them: the jobs ${named(alone)}`] : []),
  ]
}

function leftAlone(ours: Overview, theirs: Overview): string[] {
  return [...theirs.jobs].filter((name) => !ours.jobs.has(name))
}

function named(names: readonly string[]): string {
  const more = names.length - MOST_NAMED
  return `${names.slice(0, MOST_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
