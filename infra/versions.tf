terraform {
  # 1.9: a variable's check may look at other variables.
  required_version = ">= 1.9, < 2.0"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.50, < 8.0"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region

  # Budgets and IAP want to know whose quota a person's credentials use.
  billing_project       = var.project_id
  user_project_override = true
}
