# What every test begins with.
project_id          = "acme-tickover"
project_number      = "123456789012"
region              = "europe-west1"
watch_region        = "europe-west4"
environment         = "production"
operators           = ["ana@example.com"]
notification_emails = ["on-call@example.com"]
