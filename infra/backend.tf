# Where the state is kept is said once, at init; one prefix for each environment:
#   terraform init -backend-config=bucket=BUCKET -backend-config=prefix=tickover/qa
terraform {
  backend "gcs" {}
}
