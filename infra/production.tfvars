# Fill in the first block, then: terraform plan -var-file=production.tfvars
project_id          = "my-project"
project_number      = "000000000000"
region              = "us-central1"
watch_region        = "us-east4"
operators           = ["you@example.com"]
notification_emails = ["on-call@example.com"]

environment = "production"

flags = {
  scheduler_cadence = "* * * * *"
  # 0 until the first deploy: nothing runs, and no alert misses it. Then 5 where there is nothing to move, else 1: see npm run
  # rollout. What advance and rollback changed belongs here, too.
  rollout_stage = 0
}

# billing_account = "012345-6789AB-CDEF01"
# monthly_budget  = 20
# runbook_url     = "https://github.com/my-company/tickover/blob/main/docs/runbook"
