import { describe, expect, it } from 'vitest'
import {
  type Evidence,
  NO_PROBES,
  type Probes,
  parseEvidence,
  withProbes,
} from '../../../functions/rollout/evidence.ts'
import type { Target } from '../../../functions/rollout/gate/check.ts'
import { CHECKS, type LineId } from '../../../functions/rollout/gate/checks.ts'
import { nextOf } from '../../../functions/rollout/gate/order.ts'
import { judge, linesOf, verdictOf } from '../../../functions/rollout/gate.ts'
import { goodEvidence, goodRuns, NOW, schedulerJob } from './evidence.ts'

const HOUR = 3_600_000
const probes = goodEvidence().probes
const good = { durations: goodEvidence().tick_durations!, backlog: goodEvidence().backlog! }
const shadow = goodEvidence().shadow!
const probed = (change: Partial<Probes>) => ({ probes: { ...probes, ...change } })
const runs = (ended: number, failed: number, rest = {}) => ({
  runs: {
    legacy: goodRuns(0),
    tick: { ...goodRuns(ended), succeeded: ended - failed, failed, ...rest },
  },
})
const ticks = (expected: number, failed: number) => ({
  ticks: [{ lane: 'default', expected, recorded: expected - failed, failed }],
})

const jobs = (...list: ReturnType<typeof schedulerJob>[]) => probed({ scheduler_jobs: list })

/** The transitions, each from where it is taken. */
const TRANSITIONS: readonly { stage: number; to: Target; environment: Evidence['environment'] }[] = [
  { stage: 0, to: 1, environment: 'production' },
  { stage: 1, to: 2, environment: 'qa' },
  { stage: 2, to: 3, environment: 'qa' },
  { stage: 1, to: 3, environment: 'production' },
  { stage: 3, to: 4, environment: 'production' },
  { stage: 4, to: 5, environment: 'production' },
  { stage: 5, to: '30d', environment: 'production' },
]

/** A change by which a line fails, and one by which it is inconclusive where it can be. */
const TROUBLES: Readonly<
  Record<LineId, { fail: Partial<Evidence> | null; unsure: Partial<Evidence> | null }>
> = {
  stages_in_order: { fail: { stage: 2 }, unsure: null },
  stage_age: { fail: null, unsure: { stage_since: NOW - 60_000 } },
  cadence: { fail: { cadence: '*/10 * * * *', cadence_seconds: 600 }, unsure: null },
  handlers: {
    fail: { handlers: { expected: ['a', 'z'], registered: ['a'] } },
    unsure: { handlers: { expected: [], registered: ['a'] } },
  },
  lease_length: { fail: { lease_seconds: 301 }, unsure: null },
  storage: { fail: { storage: 'json' }, unsure: null },
  old_revisions: {
    fail: { revisions: [{ revision: 'r-1', last_tick_at: NOW, last_claimed_at: NOW - 60_000 }] },
    unsure: { revisions: [] },
  },
  health: { fail: probed({ health: { http_status: 503, status: null } }), unsure: probed({ health: null }) },
  tick_needs_token: {
    fail: probed({ tick_without_token: 200 }),
    unsure: probed({ tick_without_token: null }),
  },
  scheduler_jobs: { fail: probed({ scheduler_jobs: [] }), unsure: probed({ scheduler_jobs: null }) },
  scheduler_attempts: {
    fail: probed({ scheduler_jobs: [schedulerJob({ last_attempt_age_seconds: null })] }),
    unsure: probed({ scheduler_jobs: null }),
  },
  qa_pass: {
    fail: probed({ qa_pass: { passed_at: NOW + HOUR, by: 'ana@example.com' } }),
    unsure: probed({ qa_pass: null }),
  },
  ticks_arrive: { fail: ticks(3, 3), unsure: { ticks: null } },
  ticks_failed: { fail: ticks(10_000, 150), unsure: ticks(298, 0) },
  tick_sums: { fail: { tick_sums: { samples: 9, broken: 1 } }, unsure: { tick_sums: null } },
  tick_p99: {
    fail: { tick_durations: { ...good.durations, over_2_s: 600 } },
    unsure: { tick_durations: { ...good.durations, samples: 298, over_2_s: 0 } },
  },
  store_errors: {
    fail: { store: { calls: 10_000, errors: 50 } },
    unsure: { store: { calls: 2_994, errors: 0 } },
  },
  duplicates: {
    fail: { duplicates: { settled: 1, effects: 0, legacy_reports: 0 } },
    unsure: runs(0, 0),
  },
  runs_failed: { fail: runs(10_000, 150), unsure: runs(298, 0) },
  success_band: { fail: runs(100, 40), unsure: runs(28, 0) },
  runs_in_time: { fail: runs(1_000, 0, { late: 100 }), unsure: runs(298, 0) },
  backlog: {
    fail: { backlog: { ...good.backlog, overdue: 4, due_per_hour: 2, due_per_hour_at_least: 1 } },
    unsure: { backlog: { ...good.backlog, overdue: 4, samples: 29 } },
  },
  leases_past_end: {
    fail: {
      leases: {
        legacy: { alive: 0, past_end: 1 },
        tick: { alive: 0, past_end: 0 },
        oldest_past_end_seconds: 121,
      },
    },
    unsure: { leases: null },
  },
  shadow_age: { fail: null, unsure: { shadow: { ...shadow, since: NOW - HOUR + 1 } } },
  shadow_agreement: {
    fail: { shadow: { ...shadow, mismatches: 200 } },
    unsure: { shadow: { ...shadow, complete: false } },
  },
  shadow_lateness: {
    fail: { shadow: { ...shadow, tick: { ...shadow.tick, lateness_p99_ms: 71_001 } } },
    unsure: { shadow: { ...shadow, compared: 298 } },
  },
  shadow_errors: {
    fail: { shadow: { ...shadow, tick: { ...shadow.tick, failed: 40 } } },
    unsure: { shadow: { ...shadow, compared: 298 } },
  },
}

const lineIds = Object.keys(CHECKS) as LineId[]

/** A transition in whose gate the line stands. */
function gateWith(id: LineId) {
  const found = TRANSITIONS.findLast((one) => linesOf(one.to, { ...one, shadow }).includes(id))
  if (found === undefined) throw new Error(`no gate has the line ${id}`)
  return found
}

function judged(id: LineId, changes: Partial<Evidence>) {
  const { stage, to, environment } = gateWith(id)
  const line = judge(goodEvidence({ stage, environment, ...changes }), to).find((one) => one.id === id)
  if (line === undefined) throw new Error(`the gate lost its line ${id}`)
  return line
}

describe('a gate', () => {
  it.each(TRANSITIONS)(
    'from $stage to $to passes on good evidence, line by line',
    ({ stage, to, environment }) => {
      const evidence = goodEvidence({ stage, environment })
      const lines = judge(evidence, to)
      expect(lines.filter(({ verdict }) => verdict !== 'pass')).toEqual([])
      expect(verdictOf(lines)).toBe('pass')
      expect(nextOf(evidence)).toBe(to)
      expect(new Set(lines.map(({ id }) => id)).size).toBe(lines.length)
    },
  )

  it.each(lineIds.filter((id) => TROUBLES[id].fail !== null))(
    'fails by one change of what %s reads',
    (id) => {
      expect(judged(id, {}).verdict).toBe('pass')
      expect(judged(id, TROUBLES[id].fail ?? {}).verdict).toBe('fail')
    },
  )

  it.each(lineIds.filter((id) => TROUBLES[id].unsure !== null))(
    'is inconclusive where %s knows too little',
    (id) => {
      expect(judged(id, TROUBLES[id].unsure ?? {}).verdict).toBe('inconclusive')
    },
  )

  it('never passes a line that counts on no data at all', () => {
    const nothing: Partial<Evidence> = {
      stage_since: null,
      ticks: null,
      tick_durations: null,
      tick_sums: null,
      store: null,
      runs: null,
      duplicates: null,
      backlog: null,
      leases: null,
      revisions: [],
      shadow: null,
      probes: NO_PROBES,
    }
    const settled = ['stages_in_order', 'cadence', 'handlers', 'lease_length', 'storage']
    for (const { stage, to, environment } of TRANSITIONS) {
      const lines = judge(goodEvidence({ stage, environment, ...nothing }), to)
      for (const line of lines.filter(({ id }) => !settled.includes(id)))
        expect(line.verdict).toBe('inconclusive')
      expect(verdictOf(lines)).toBe('inconclusive')
    }
  })

  it('fails before it is inconclusive, and is inconclusive before it passes', () => {
    const [pass, unsure, fail] = (['pass', 'inconclusive', 'fail'] as const).map((verdict) => ({
      ...judged('cadence', {}),
      verdict,
    }))
    expect(verdictOf([pass!, unsure!, fail!])).toBe('fail')
    expect(verdictOf([pass!, unsure!])).toBe('inconclusive')
    expect(verdictOf([pass!])).toBe('pass')
    expect(verdictOf([])).toBe('inconclusive')
  })

  it('does not pass what was cut off, but fails what was seen of it', () => {
    const cut_off: Evidence['cut_off'] = ['jobs']
    const line = judged('backlog', { cut_off })
    expect(line).toMatchObject({ verdict: 'inconclusive' })
    expect(line.measured).toContain('there are more jobs than are read')
    expect(judged('backlog', { cut_off, ...TROUBLES.backlog.fail }).verdict).toBe('fail')
    expect(judged('runs_failed', { cut_off }).verdict).toBe('pass')
  })
})

/** What the ticks of the last hours say, when only they were asked for. */
function askedFor(hours: number) {
  return judged('ticks_failed', { window: { since: NOW - hours * HOUR, until: NOW } })
}

/** What the review says of duplicates when the ticks of so many days were read. */
function reviewed(days: number, settled = 0) {
  const evidence = goodEvidence({
    stage: 5,
    duplicates: { settled, effects: 0, legacy_reports: 0 },
    read_from: { ticks: NOW - days * 24 * HOUR, runs: NOW - 48 * HOUR },
  })
  return judge(evidence, '30d').find(({ id }) => id === 'duplicates')?.verdict
}

describe('a part of the stage', () => {
  const { since } = goodEvidence().window
  const part = (hours: number) => ({ read_from: { ticks: since, runs: NOW - hours * HOUR } })

  it('is named, and decides from a day on', () => {
    const whole = judged('runs_failed', { read_from: { ticks: since, runs: since } })
    expect(whole).toEqual(judged('runs_failed', {}))
    expect(judged('runs_failed', part(124.8))).toMatchObject({
      verdict: 'pass',
      measured: `${whole.measured}, over the last 5.2 days`,
    })
    expect(judged('runs_failed', part(24)).verdict).toBe('pass')
    expect(judged('runs_failed', part(23.9))).toMatchObject({
      verdict: 'inconclusive',
      measured: `${whole.measured}, over the last 23.9 h; needs 24 h`,
    })
    expect(judged('runs_failed', { ...part(2), ...runs(10_000, 150) }).verdict).toBe('fail')
    expect(judged('ticks_failed', part(2)).verdict).toBe('pass')
  })

  it('is all that a younger stage asks for, when it is the whole of it', () => {
    const young = { stage_since: NOW - HOUR, window: { since: NOW - HOUR, until: NOW } }
    expect(judged('runs_failed', { ...young, ...part(2) }).verdict).toBe('pass')
    expect(judged('runs_failed', { ...young, ...part(0.9) }).verdict).toBe('inconclusive')
  })

  it('is no less a part when it was asked for', () => {
    expect(askedFor(12).verdict).toBe('inconclusive')
    expect(askedFor(48)).toMatchObject({ verdict: 'pass' })
    expect(askedFor(48).measured).toContain('over the last 2 days')
  })

  it('says nothing of duplicates in the review, which asks for 30 days of ticks', () => {
    expect([reviewed(31), reviewed(30), reviewed(29.9), reviewed(29.9, 1)]).toEqual([
      'pass',
      'pass',
      'inconclusive',
      'fail',
    ])
  })

  it('does not show that an older revision is gone when it is shorter than two cadences', () => {
    const read_from = { ticks: NOW - 119_000, runs: since }
    expect(judged('old_revisions', { read_from }).verdict).toBe('inconclusive')
    expect(judged('old_revisions', { read_from: { ...read_from, ticks: NOW - 120_000 } }).verdict).toBe(
      'pass',
    )
  })
})

describe('a rate under 1 %', () => {
  it('is not shown by a clean hour of 60 ticks, which is told how many are missing', () => {
    const line = judged('ticks_failed', ticks(60, 0))
    expect(line).toMatchObject({ verdict: 'inconclusive', samples: 60, required: 'under 1 %' })
    expect(line.measured).toBe('0 of 60 (95 % sure: under 4.88 %); needs 239 more clean samples')
  })

  it('is shown by 299 clean samples, and not by 298', () => {
    expect(judged('ticks_failed', ticks(299, 0)).verdict).toBe('pass')
    expect(judged('ticks_failed', ticks(298, 0)).verdict).toBe('inconclusive')
    expect(
      judged('tick_p99', { tick_durations: { ...good.durations, samples: 299, over_2_s: 0 } }).verdict,
    ).toBe('pass')
  })

  it('leaves runs out that failed for a store out of reach', () => {
    expect(judged('runs_failed', runs(1_000, 30)).verdict).toBe('fail')
    expect(judged('runs_failed', runs(3_030, 30, { store_failed: 30 }))).toMatchObject({
      verdict: 'pass',
      samples: 3_000,
    })
  })

  it('is 0.1 % in the review after 30 days', () => {
    expect(judged('runs_failed', runs(2_995, 0)).verdict).toBe('pass')
    expect(judged('runs_failed', runs(2_994, 0)).verdict).toBe('inconclusive')
    expect(judge(goodEvidence(runs(299, 0)), 5).find(({ id }) => id === 'runs_failed')?.verdict).toBe('pass')
  })
})

describe('duplicates', () => {
  it.each([
    { duplicates: { settled: 1, effects: 0, legacy_reports: 0 } },
    { duplicates: { settled: 0, effects: 1, legacy_reports: 0 } },
    { duplicates: { settled: 0, effects: 0, legacy_reports: 1 } },
    { shadow: { ...shadow, duplicates: 1 } },
  ])('fail the gate with the first one, however it came to light: %o', (changes) => {
    expect(judged('duplicates', changes).verdict).toBe('fail')
    expect(judged('duplicates', { ...changes, ...runs(0, 0) }).verdict).toBe('fail')
  })
})

describe('what waits', () => {
  it('may be overdue as long as it does not grow, and may grow as long as nothing is overdue', () => {
    const overdue = { ...good.backlog, overdue: 4, due_per_hour: 0.1, due_per_hour_at_least: -0.1 }
    const growing = { ...good.backlog, due_per_hour: 2, due_per_hour_at_least: 1 }
    expect(judged('backlog', { backlog: overdue }).verdict).toBe('pass')
    expect(judged('backlog', { backlog: growing }).verdict).toBe('pass')
  })
})

describe('the order of stages', () => {
  it('lets production go from 1 to 3 with qa’s pass only, and never to 2', () => {
    const one = goodEvidence({ stage: 1 })
    expect(verdictOf(judge(one, 2))).toBe('fail')
    expect(verdictOf(judge(one, 3))).toBe('pass')
    expect(verdictOf(judge(withProbes(one, { qa_pass: null }), 3))).toBe('inconclusive')
  })

  it.each([
    [0, 2],
    [0, 5],
    [1, 3],
    [1, 4],
    [2, 4],
    [3, 5],
    [4, '30d'],
    [4, 4],
    [5, 4],
  ] as const)('does not let qa go from %s to %s', (stage, to) => {
    const line = judge(goodEvidence({ stage, environment: 'qa' }), to).find(
      ({ id }) => id === 'stages_in_order',
    )
    expect(line?.verdict).toBe('fail')
  })

  it.each([
    [2, 'qa', 3, 24],
    [3, 'production', 4, 1],
    [4, 'production', 5, 7 * 24],
    [5, 'production', '30d', 30 * 24],
  ] as const)(
    'wants stage %s in %s to have stood long enough for %s: %s h',
    (stage, environment, to, hours) => {
      const at = (age: number) =>
        judge(goodEvidence({ stage, environment, stage_since: NOW - age }), to).find(
          ({ id }) => id === 'stage_age',
        )
      expect(at(hours * HOUR)?.verdict).toBe('pass')
      expect(at(hours * HOUR - 1)?.verdict).toBe('inconclusive')
    },
  )
})

describe('the lines on the shadow', () => {
  it('do not take a side that decides nothing for one that agrees', () => {
    const verdict = (pending: number) =>
      judge(goodEvidence({ stage: 3, shadow: { ...shadow, pending } }), 4).find(
        ({ id }) => id === 'shadow_agreement',
      )?.verdict
    expect([0, 10, shadow.compared].map(verdict)).toEqual(['pass', 'pass', 'inconclusive'])
  })

  it('leave out how often handlers fail where the shadow calls none', () => {
    const plans = { ...shadow, tick: { ...shadow.tick, ended: 0, failed: 0 } }
    const lines = judge(goodEvidence({ stage: 3, shadow: plans }), 4)
    expect(lines.map(({ id }) => id)).not.toContain('shadow_errors')
    expect(verdictOf(lines)).toBe('pass')
  })
})

describe('the lines on Cloud Scheduler', () => {
  it.each([
    schedulerJob({ state: 'PAUSED' }),
    schedulerJob({ has_oidc_token: false }),
    schedulerJob({ audience: 'https://other.example.com' }),
    schedulerJob({ problems: ['schedule is */2 * * * *'] }),
  ])('fail for a job that is not as it should be: %o', (job) => {
    expect(judged('scheduler_jobs', jobs(job)).verdict).toBe('fail')
  })

  it('take a paused job while nothing ticks yet', () => {
    const zero = goodEvidence({ stage: 0, ...jobs(schedulerJob({ state: 'PAUSED' })) })
    expect(verdictOf(judge(zero, 1))).toBe('pass')
  })

  it('want two jobs for a lane with dwell, each of which posts every other minute', () => {
    const lanes = [{ name: 'default', dwell_seconds: 75 }]
    const job = schedulerJob({ last_attempt_age_seconds: 200 })
    expect(judged('scheduler_jobs', { lanes, ...jobs(job) }).verdict).toBe('fail')
    expect(judged('scheduler_jobs', { lanes, ...jobs(job, job) }).verdict).toBe('pass')
    expect(judged('scheduler_attempts', { lanes, ...jobs(job, job) }).verdict).toBe('pass')
    expect(judged('scheduler_attempts', jobs(job)).verdict).toBe('fail')
  })
})

describe('evidence', () => {
  it('is judged the same after a journey through JSON', () => {
    const evidence = goodEvidence()
    const received = parseEvidence(JSON.parse(JSON.stringify(evidence)))
    expect(received).toEqual(evidence)
    expect(judge(received, 5)).toEqual(judge(evidence, 5))
  })

  it('takes probes one by one', () => {
    const bare = goodEvidence({ probes: NO_PROBES })
    const once = withProbes(bare, { tick_without_token: 403 })
    expect(once.probes).toEqual({ ...NO_PROBES, tick_without_token: 403 })
    expect(withProbes(once, { health: probes.health }).probes.tick_without_token).toBe(403)
  })

  it('of another version is refused with what to do', () => {
    expect(() => parseEvidence({ ...goodEvidence(), stage: 'four' })).toThrow(/\(stage\).*same version/)
  })
})
