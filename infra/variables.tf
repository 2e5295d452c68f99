variable "project_id" {
  description = "The Google Cloud project; one for each environment."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project id such as acme-production: 6 to 30 lower-case letters, digits and -."
  }
}

variable "project_number" {
  description = "Its number: gcloud projects describe PROJECT_ID --format='value(projectNumber)'. The services' URLs come from it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{6,20}$", var.project_number))
    error_message = "project_number must be digits alone: gcloud projects describe PROJECT_ID --format='value(projectNumber)'."
  }
}

variable "environment" {
  description = "qa or production; the flag ENVIRONMENT."
  type        = string

  validation {
    condition     = contains(["qa", "production"], var.environment)
    error_message = "environment must be qa or production; a local stack needs no Terraform (npm start)."
  }
}

variable "name" {
  description = "What the services and accounts are called. One installation a project: jobs, metrics and the database have names of their own."
  type        = string
  default     = "tickover"

  validation {
    # The longest account is NAME-scheduler, of 30 characters at most.
    condition     = can(regex("^[a-z][a-z0-9-]{4,18}[a-z0-9]$", var.name))
    error_message = "name must be 6 to 20 lower-case letters, digits and -, the first one a letter."
  }
}

variable "region" {
  description = "Where the services and the Cloud Scheduler jobs are."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.region))
    error_message = "region must be one such as europe-west1."
  }
}

variable "watch_region" {
  description = "Where the dead-man's switch is: another region, so that it outlives a failure of this one."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$", var.watch_region))
    error_message = "watch_region must be one such as europe-west4."
  }
  validation {
    condition     = var.watch_region != var.region
    error_message = "watch_region must differ from region: what watches a region must not fail with it."
  }
}

variable "firestore_location" {
  description = "Where the database is, such as eur3 for several regions; unset: the region. It cannot change later."
  type        = string
  default     = null

  validation {
    condition     = var.firestore_location == null || can(regex("^[a-z]+-[a-z]+[0-9]{1,2}$|^(eur|nam)[0-9]$", var.firestore_location))
    error_message = "firestore_location must be a region such as europe-west1, or eur3, nam5 or nam7."
  }
}

variable "cpu" {
  description = "CPUs of an instance."
  type        = string
  default     = "1"

  validation {
    # Below 1, Cloud Run gives CPU during requests only, and one request at a time.
    condition     = contains(["1", "2", "4", "8"], var.cpu)
    error_message = "cpu must be 1, 2, 4 or 8."
  }
}

variable "memory" {
  description = "Memory of an instance."
  type        = string
  default     = "512Mi"

  validation {
    condition     = can(regex("^(512|1024|2048|4096)Mi$|^[1-9][0-9]?Gi$", var.memory))
    error_message = "memory must be at least 512Mi: 512Mi, 1Gi, 2Gi and so on."
  }
  validation {
    # What Cloud Run takes together. Source: cloud.google.com/run/docs/configuring/services/memory-limits.
    condition = alltrue([
      for mib in try([tonumber(regex("[0-9]+", var.memory)) * (endswith(var.memory, "Gi") ? 1024 : 1)], []) :
      mib >= lookup({ "4" = 2048, "8" = 4096 }, var.cpu, 0) && mib <= lookup({ "1" = 4096, "2" = 8192, "4" = 16384 }, var.cpu, 32768)
    ])
    error_message = "memory must go with cpu: up to 4Gi for 1, 8Gi for 2, 2Gi to 16Gi for 4, 4Gi to 32Gi for 8."
  }
}

variable "min_instances" {
  description = "Instances of the api service that stay up. 1 spares the ticks a cold start, and costs."
  type        = number
  default     = 0

  validation {
    condition     = var.min_instances >= 0 && var.min_instances <= var.max_instances && floor(var.min_instances) == var.min_instances
    error_message = "min_instances must be a whole number from 0 to max_instances."
  }
}

variable "max_instances" {
  description = "The most instances of each service. A tick has one to itself; lanes with dwell have two ticks under way."
  type        = number
  default     = 20

  validation {
    condition     = var.max_instances >= 1 && var.max_instances <= 100 && floor(var.max_instances) == var.max_instances
    error_message = "max_instances must be a whole number from 1 to 100."
  }
}

variable "deletion_protection" {
  description = "Does terraform destroy refuse to take the services away?"
  type        = bool
  default     = true
}
