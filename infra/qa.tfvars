# Fill in the first block, then: terraform plan -var-file=qa.tfvars
project_id     = "my-project-qa"
project_number = "000000000000"
region         = "us-central1"
watch_region   = "us-east4"
operators      = ["you@example.com"]

environment = "qa"

flags = {
  # A tick every five minutes is enough to try things out, and costs next to nothing.
  scheduler_cadence = "*/5 * * * *"
  # Where the move stands: see npm run rollout. 5: nothing to move. What advance and rollback changed belongs here, too.
  rollout_stage = 5
}

# With a tick every five minutes, five minutes without one are no news.
alert_overrides = {
  no_runs       = { window_seconds = 900 }
  ticks_missing = { window_seconds = 900 }
}

# So that terraform destroy takes it away again; the database stays.
deletion_protection = false
max_instances       = 5
