import type { Law } from './laws.ts'

/** A fault in the protocol, one line long, that breaks one law. */
export interface Mutant {
  readonly law: Law
  readonly what: string
  /** The file below `functions/`, and the text in it that occurs exactly once. */
  readonly file: string
  readonly text: string
  readonly instead: string
}

/** At least one for each law that the simulation checks: a checker that cannot fail is no checker. */
export const MUTANTS: readonly Mutant[] = [
  {
    law: 1,
    what: 'a living holder is declared dead before its lease has run out',
    file: 'job/plan.ts',
    text: 'isHeld(entry) && entry.until <= now',
    instead: 'isHeld(entry) && entry.until - 15_000 <= now',
  },
  {
    law: 1,
    what: 'an occurrence starts without a free slot',
    file: 'job/plan.ts',
    text: 'replaces || (!retryIsDue && !isFull(job))',
    instead: 'true',
  },
  {
    law: 1,
    what: 'a trigger takes a slot that is not free',
    file: 'job/manual.ts',
    text: 'if (isFull(buried)) return',
    instead: 'if (Number.isNaN(buried.fence)) return',
  },
  {
    law: 1,
    what: 'a released run keeps its fence in the next attempt',
    file: 'job/lifecycle.ts',
    text: 'const fence = job.fence + 1\n  const held',
    instead: 'const fence = job.fence\n  const held',
  },
  {
    law: 1,
    what: 'a deletion forgets that somebody holds the job',
    file: 'lease/remove.ts',
    text: 'if (job !== null) requireIdle(job)',
    instead: '',
  },
  {
    law: 2,
    what: 'what had fallen due is deleted with its job',
    file: 'lease/remove.ts',
    text: 'const records = job === null ? [] : await closing(documents, job, now)',
    instead: 'const records = []; void closing',
  },
  {
    law: 2,
    what: 'a trigger counts as the next occurrence',
    file: 'job/manual.ts',
    text: 'plan: { ...resting, job: begun,',
    instead: 'plan: { ...resting, job: { ...begun, next_run_at: look.now + 5_000 },',
  },
  {
    law: 2,
    what: 'a backfill leaves out all but the last occurrence',
    file: 'job/backfill.ts',
    text: "misfire: 'all'",
    instead: "misfire: 'coalesce'",
  },
  {
    law: 2,
    what: 'what is skipped leaves no record',
    file: 'lease/skips.ts',
    text: 'return skips\n',
    instead: 'return [].slice(skips.length)\n',
  },
  {
    law: 2,
    what: 'the occurrence after the one that starts is forgotten',
    file: 'job/occurrences.ts',
    text: 'next_run_at: due[closed] ?? nextOf',
    instead: 'next_run_at: nextOf',
  },
  {
    law: 3,
    what: 'an effect begins although the entry is gone',
    file: 'target/effect.ts',
    text: 'job !== undefined && isHeldBy(job.fields, run, fence)',
    instead: 'job !== undefined',
  },
  {
    law: 3,
    what: 'a released holder still settles',
    file: 'job/lifecycle.ts',
    text: '!isHeld(entry) || entry.fence !== fence',
    instead: 'entry.fence !== fence',
  },
  {
    law: 3,
    what: 'any token completes a run',
    file: 'lease/complete.ts',
    text: ' && opens(entry.token)',
    instead: '',
  },
  {
    law: 3,
    what: 'a token completes past its deadline',
    file: 'lease/complete.ts',
    text: 'entry.until > time && ',
    instead: '',
  },
  {
    law: 4,
    what: 'an effect that is done begins anew',
    file: 'target/effect.ts',
    text: "if (state === 'done' || (state === 'started' && found.fields.fence === fence)) return null",
    instead: "if (state === 'started' && found.fields.fence === fence) return null",
  },
  {
    law: 5,
    what: 'a path claims what the stage gives to the other',
    file: 'tick/due.ts',
    text: 'if (claimant.mayClaim(job, now)) jobs.push(job)',
    instead: 'jobs.push(job)',
  },
  {
    law: 5,
    what: 'a path takes over what the other one holds',
    file: 'job/plan.ts',
    text: 'buryTheDead(job, look.now)',
    instead:
      'buryTheDead(job.enabled ? { ...job, entries: job.entries.map((one) => (one.path === look.path || !isHeld(one) ? one : { ...one, until: 0 })) } : job, look.now)',
  },
  {
    law: 6,
    what: 'a run in shadow performs its effects',
    file: 'shadow/rehearse.ts',
    text: "if ('shadow' in options) return options.shadow",
    instead: "if ('shadow' in options) return _perform(_standing.held.run.fields.id + ':' + key)",
  },
  {
    law: 6,
    what: 'what runs in shadow is recorded as if it were live',
    file: 'shadow/view.ts',
    text: "scheduler_runs: 'scheduler_shadow_runs'",
    instead: "scheduler_runs: 'scheduler_runs'",
  },
  {
    law: 8,
    what: 'a dead holder is never looked for',
    file: 'job/stored.ts',
    text: 'const instants = waiting.map',
    instead: "const instants = waiting.filter((entry) => entry.state === 'retry').map",
  },
  {
    law: 8,
    what: 'a target that never completes is waited for for ever',
    file: 'job/plan.ts',
    text: 'isHeld(entry) && entry.until <= now',
    instead: "entry.state === 'running' && entry.until <= now",
  },
  {
    law: 8,
    what: 'a run whose holder dies each time never ends',
    file: 'job/lifecycle.ts',
    text: 'if (entry.attempt >= job.policies.max_attempts) return remove',
    instead: 'if (entry.attempt >= 1_000) return remove',
  },
  {
    law: 8,
    what: 'a run that kills its process takes the innocent beside it along, each time',
    file: 'job/suspect.ts',
    text: "if (next === 'none') return true",
    instead: 'return true',
  },
  {
    law: 9,
    what: 'a process whose clock is off claims',
    file: 'tick/tick.ts',
    text: 'if (engine.stop.aborted || isSkewed(engine, time)) return NOTHING',
    instead: 'if (engine.stop.aborted) return NOTHING',
  },
  {
    law: 9,
    what: 'the process’s own clock says what is due',
    file: 'tick/tick.ts',
    text: 'const { now } = found',
    instead: 'const now = engine.clock.now()',
  },
  {
    law: 'choice',
    what: 'a registration enables what an operator has disabled',
    file: 'job/overrides.ts',
    text: 'const isEnabled = overrides.enabled === null ?',
    instead: 'const isEnabled = overrides !== null ?',
  },
  {
    law: 'choice',
    what: 'a registration brings its own schedule back',
    file: 'job/overrides.ts',
    text: 'const effective = overrides.schedule === null ?',
    instead: 'const effective = overrides !== null ?',
  },
]
