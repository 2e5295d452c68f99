import type { Clock } from '../../functions/clock.ts'
import type { Lane } from '../../functions/config/lanes.ts'
import { startCadence } from '../../scripts/dev/cloud-scheduler/cadence.ts'
import { executor } from '../../scripts/dev/cloud-scheduler/execute.ts'
import { jobTable } from '../../scripts/dev/cloud-scheduler/jobs.ts'
import type { Sender } from '../../scripts/dev/cloud-scheduler/send.ts'
import { desiredJobs } from '../../scripts/setup/desired.ts'
import { toWire } from '../../scripts/setup/wire.ts'

/** The very jobs that the setup script creates, on the emulator's own cadence; only the way to the function is cut short. */
export function startTriggers(options: {
  readonly clock: Clock
  readonly lanes: readonly Lane[]
  readonly random: () => number
  readonly tickLane: (lane: string) => Promise<void>
  readonly stop: AbortSignal
}): void {
  const { clock, lanes, random, tickLane, stop } = options
  const parent = 'projects/p/locations/us-central1'
  const jobs = jobTable({ clock, random, kept: [], defined: nothing, recorded: nothing })
  for (const spec of desiredJobs({
    project: 'p',
    location: 'us-central1',
    lanes,
    cadence: '* * * * *',
    time_zone: 'UTC',
    target_url: 'https://tickover.example',
    audience: 'https://tickover.example',
    scheduler_account: 'tick@p.iam.gserviceaccount.com',
    request_timeout_seconds: 1800,
    scheduler_endpoint: null,
  }))
    jobs.create(parent, toWire(parent, spec))
  const send: Sender['send'] = async ({ definition }) => {
    const { lane } = JSON.parse(Buffer.from(definition.target.body, 'base64').toString())
    await tickLane(lane)
    return { succeeded: true, http_status: 200, code: 0, message: '' }
  }
  startCadence(jobs, executor(jobs, { send, deliver: send }, { clock, random, jitter_ms: 3000 }), clock, stop)
}

function nothing(): void {}
