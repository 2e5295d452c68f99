import type { Clock } from '../../../functions/clock.ts'
import type { Env } from '../../../functions/config.ts'
import { desiredJobs } from '../../setup/desired.ts'
import { connectScheduler } from '../../setup/scheduler.ts'
import { loadSettings } from '../../setup/settings.ts'
import { main as setup } from '../../setup-scheduler.ts'

/** Creates or updates the Cloud Scheduler jobs by the setup script. Rejects with what it said when it did not succeed. */
export async function setUpScheduler(env: Env, clock: Clock): Promise<void> {
  const said: string[] = []
  const code = await setup([], env, clock, (line) => said.push(line))
  if (code !== 0) throw new Error(`The setup of Cloud Scheduler ended with ${code}:\n${said.join('\n')}`)
}

/** Has each lane ticked now, through the API's RunJob, instead of at the next full minute. */
export async function tickNow(env: Env, clock: Clock): Promise<void> {
  const settings = loadSettings(env)
  // One of a lane's two jobs will do.
  const jobs = new Map(desiredJobs(settings).map(({ body, id }) => [body, id]))
  const scheduler = connectScheduler(settings, clock, () => undefined)
  try {
    for (const id of jobs.values()) await scheduler.run(id)
  } finally {
    await scheduler.close()
  }
}
