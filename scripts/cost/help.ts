/** What `--help` prints. */
export const HELP = `Counts what a job set costs a month on Google Cloud, before it is deployed.

  npm run cost                              the jobs of functions/jobs/index.ts, with the flags of this shell and .env
  npm run cost -- --local                   those of the local stack that runs here (npm start)
  npm run cost -- --service NAME            those of a Cloud Run service, with --project ID (GOOGLE_CLOUD_PROJECT) and
                                            --region REGION (SCHEDULER_LOCATION); how long their runs take is measured
  npm run cost -- --system NAME             one of the five systems: transit, agent, posts, queues, services

An after next to the before:
  --lanes LANES      other lanes, as SCHEDULER_LANES: high:dwell,low
  --cadence CRON     another cadence, as SCHEDULER_CADENCE: "*/5 * * * *"

  --month 30|31      June or July 2026 (31): always the same month, so that two counts can be compared
  --effects N        effects of a run, where that is not known (1)
  --one-offs N       one-off jobs made in a day (0)
  --json             one JSON document instead

Operations of the store are counted from the real schedules, by what a tick, a run, an effect and an item were measured to take.

Flags: OPERATOR_TOKEN, an ID token of a viewer or operator, when this shell's credentials cannot make one.

Example: npm run cost -- --system transit --lanes high:dwell=60,low
Exit codes: 0 within the budgets (Firestore under $5, Cloud Scheduler under $1), 1 over one of them, 2 wrong usage or
configuration, 70 other failures.
`
