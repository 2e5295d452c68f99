/** What `--help` prints. */
export const HELP = `Builds the function, uploads it, tries it before anybody uses it, and gives it the traffic.

  npm run deploy -- --project ID --region REGION [--dry-run] [--no-page]
  npm run deploy -- --project ID --region REGION --rollback [--to REVISION] [--dry-run] [--no-page]

  --project ID         the project (GOOGLE_CLOUD_PROJECT)
  --region REGION      the region (SCHEDULER_LOCATION)
  --service NAME       the service of the ticks and the API (tickover)
  --page-service NAME  the service of the operators' page (tickover-page)
  --no-page            leave the page's service as it is
  --dry-run            print every command, run none
  --rollback           release the version before once more, with today's flags and the same trial. Where the traffic was taken back
                       by hand already, it is the version that serves: then it lasts
  --to REVISION        with --rollback: the version of this revision of the ticks' service
  --help               this text

Terraform makes both services with their flags, accounts and sizes; here only image, revisions and traffic change. A new revision first
has no traffic, only an address of its own. There /health must answer, a tick without a token must be refused, and a signed one must
be answered by that very revision. That tick is a real one: where the stage gives the ticks live work and a job is due, it runs one
job, and it is no more than the next tick would have run. Where the in-process loop is on, the instance of the trial runs it, too, as
long as it lives. When anything is not as it must be, the traffic stays where it was, and the service is made from the image that
serves again: no later change of a flag brings the refused one.

Credentials: gcloud's for the commands; for the tick an operator's ID token, from Application Default Credentials or OPERATOR_TOKEN.

Example: npm run deploy -- --project my-project --region europe-west1 --dry-run
Exit codes: 0 done, 1 the new revision was refused and things are as the last lines say, 64 wrong usage, 70 other failures.
`
