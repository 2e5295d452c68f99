/** What `--help` prints. */
export const HELP = `Moves a team's jobs from the scheduler they have to the ticks, one checked stage at a time, and back.

  npm run rollout -- status                          where it stands, and what the next stage still misses
  npm run rollout -- preflight                       what must be right before it begins: the gate from 0 to 1
  npm run rollout -- check [--to N] [--json]         the gate to a stage: required, measured, samples, verdict
  npm run rollout -- advance [--to N] [--apply]      checks, then prints what changes; --apply does it
  npm run rollout -- rollback [--apply]              back to the legacy path, Cloud Scheduler paused
  npm run rollout -- report [--job NAME] [--json]    where both paths differ, job by job

Where, with every command:
  --local                  the local stack that runs here (npm start)
  --service NAME           a Cloud Run service (K_SERVICE), with --project ID (GOOGLE_CLOUD_PROJECT) and
                           --region REGION (SCHEDULER_LOCATION); by gcloud and this shell's credentials

check, advance
  --to N                   the stage; without it the next one
  --qa-pass FILE           for production, from 1 to 3: what check --json printed at stage 2 in qa
advance
  --force --reason TEXT    goes on although the gate does not pass; the audit keeps who and why. No stage is skipped
  --canary-percent N, --canary-jobs a,b, --alternate
                           what the ticks have at stage 3; given at stage 3, it is changed there
  --shadow                 at stage 4: the in-process loop in shadow of the ticks
  --storage firestore      on the way to stage 4: the state is copied while the service is off the store
  --loop, --no-loop        the legacy path is the in-process loop, or is not; without it as before
rollback
  (neither)                pauses Cloud Scheduler, sets stage 1, waits for living leases, frees those past their end
  --to N                   back to stage N, Cloud Scheduler as it is; to the stage that stands: brings the service up again
  --partial                storage trouble only: the state goes to json (or --storage firestore), the stage stays
  --throttle               one job at a time, five in a commit, a tick every ten minutes
  --reason TEXT            for the audit
advance, rollback
  --apply                  does it; without it nothing is changed
  --file PATH              Cloud Run, where the storage changes: the json storage's file as this shell sees it

A rollback that was cut off is finished by running it again, an advance by advance --to the stage that stands.
Flags: OPERATOR_TOKEN, an ID token of an operator, when this shell's credentials cannot make one.

Example: npm run rollout -- advance --local
Exit codes: 0 pass or done, 1 the gate or the verification fails, 2 the gate is inconclusive, 64 wrong usage, 70 other failures.
`
