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
  # 0 until the first deploy: nothing runs, and no alert misses it. Then 5 where there is nothing to move, else 1: see npm run
  # rollout. What advance and rollback changed belongs here, too.
  rollout_stage = 0
}

# So that terraform destroy takes it away again; the database stays.
deletion_protection = false
max_instances       = 5
