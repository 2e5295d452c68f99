import { z } from 'zod'

/** A group of jobs with its own ticks. With `dwell_seconds` its tick sleeps until the next due instant, that long at most. */
export interface Lane {
  readonly name: string
  readonly dwell_seconds: number | null
}

const DEFAULT_DWELL_SECONDS = 75
const MAX_LANES = 20

/** Reads `name[:dwell[=seconds]]`, separated by commas. */
export const laneList: z.ZodType<readonly Lane[], string> = z.string().transform((text, context) => {
  const lanes = text.split(',').map((part, index) => readLane(part.trim(), index, context))
  const names = lanes.map((lane) => lane.name)
  if (lanes.length > MAX_LANES) context.addIssue(`must name at most ${MAX_LANES} lanes`)
  if (new Set(names).size < names.length) context.addIssue('must not name a lane twice')
  return lanes
})

function readLane(part: string, index: number, context: z.RefinementCtx): Lane {
  const match = /^([a-z][a-z0-9_-]{0,62})(?::(dwell)(?:=(\d{1,4}))?)?$/.exec(part)
  const dwell = match?.[2] === undefined ? null : Number(match[3] ?? DEFAULT_DWELL_SECONDS)
  if (match === null || (dwell !== null && (dwell < 60 || dwell > 600))) {
    context.addIssue(
      `lane ${index + 1} must read name, name:dwell or name:dwell=SECONDS (name: lower-case letters, digits, - and _; SECONDS: 60 to 600)`,
    )
  }
  return { name: match?.[1] ?? part, dwell_seconds: dwell }
}

/** Lanes as `SCHEDULER_LANES` has them. */
export function lanesText(lanes: readonly Lane[]): string {
  return lanes
    .map(({ name, dwell_seconds }) => (dwell_seconds === null ? name : `${name}:dwell=${dwell_seconds}`))
    .join(',')
}
