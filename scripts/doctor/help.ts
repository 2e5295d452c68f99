/** What `--help` prints. */
export const HELP = `Looks at everything that a person would check in an hour, from the outside, and changes nothing. Each line has
its verdict, what was seen, and the command that mends it.

  npm run doctor -- --local
  npm run doctor -- --service NAME --project ID --region REGION [--page-service NAME] [--watch-region REGION]

  --local              the local stack that runs here (npm start)
  --service NAME       a Cloud Run service (K_SERVICE), with --project ID (GOOGLE_CLOUD_PROJECT) and
                       --region REGION (SCHEDULER_LOCATION); by gcloud and this shell's credentials
  --page-service NAME  the service of the page; without it the service's name with -page
  --watch-region REGION
                       where the Cloud Scheduler job is that watches from outside (watch_region in the tfvars);
                       without it the log is asked when it last came
  --json               one JSON document: the lines, and how many of each verdict
  --help               this text

ok: as it should be. warn: look at it when there is time. bad: mend it. unknown: it could not be looked at, and why.
Flags: OPERATOR_TOKEN, an ID token of an operator, when this shell's credentials cannot make one. A person has it from
  gcloud auth print-identity-token --impersonate-service-account=tickover-operator@PROJECT.iam.gserviceaccount.com
    --audiences=URL --include-email

Example: npm run doctor -- --local
Exit codes: 0 nothing is bad, 1 something is bad, 2 nothing is bad but something could not be looked at, 64 wrong usage,
70 other failures.
`
