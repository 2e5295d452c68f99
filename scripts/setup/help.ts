/** What `--help` prints. */
export const HELP = `Creates or updates the Cloud Scheduler jobs that post the ticks: one for each lane, two on alternate
minutes for a lane with dwell. Run it again at any time: it changes only what differs.

  npm run setup -- [--dry-run] [--paused] [--delete]
  npm run setup -- --pause | --resume | --run  [--dry-run]

  --dry-run   print the plan, change nothing
  --paused    the jobs shall be paused; a new one never ticks before --resume
  --delete    also delete the jobs of lanes that are no longer configured
  --pause     pause every job made by this setup
  --resume    resume the jobs of the configured lanes
  --run       post one tick to each configured lane now, also while paused
  --help      this text

Flags (environment): GOOGLE_CLOUD_PROJECT, SCHEDULER_LOCATION, SCHEDULER_TARGET_URL, SCHEDULER_OIDC_AUDIENCE,
SCHEDULER_SERVICE_ACCOUNT, SCHEDULER_LANES, SCHEDULER_CADENCE (lanes without dwell), SCHEDULER_TIMEZONE,
SCHEDULER_REQUEST_TIMEOUT_SECONDS; SCHEDULER_API_ENDPOINT=host:port for an emulator. Credentials: Application Default Credentials.

Example:
  GOOGLE_CLOUD_PROJECT=my-project SCHEDULER_TARGET_URL=https://scheduler-abc.a.run.app \\
  SCHEDULER_OIDC_AUDIENCE=https://scheduler-abc.a.run.app \\
  SCHEDULER_SERVICE_ACCOUNT=ticks@my-project.iam.gserviceaccount.com \\
  SCHEDULER_LANES=high:dwell,low npm run setup -- --dry-run

Exit codes: 0 done, or nothing to do; 1 something failed (run it again, it goes on); 2 wrong usage or configuration;
3 --dry-run found something to change.
`
