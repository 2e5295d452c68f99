variable "operators" {
  description = "Who may change things: e-mail addresses of people, or domain:example.com for everybody there. No groups: Tickover sees who comes, not what they belong to."
  type        = list(string)

  validation {
    condition     = length(var.operators) > 0 && alltrue([for one in var.operators : can(regex(local.person, one))])
    error_message = "operators must name at least one e-mail address, or domain:example.com; never allUsers."
  }
}

variable "viewers" {
  description = "Who may look: e-mail addresses, or domain:example.com."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.viewers : can(regex(local.person, one))])
    error_message = "viewers must be e-mail addresses, or domain:example.com; never allUsers."
  }
}

variable "legacy_accounts" {
  description = "The service accounts of an outside legacy scheduler that claims and reports its runs here."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for one in var.legacy_accounts : can(regex(local.account, one))])
    error_message = "legacy_accounts must be service accounts: NAME@PROJECT.iam.gserviceaccount.com."
  }
}

locals {
  person  = "^(domain:|[^\\s@:]+@)[^\\s@:]+\\.[^\\s@:]+$"
  account = "^[^\\s@:]+@[^\\s@:]+\\.gserviceaccount\\.com$"

  accounts_of_services = distinct([for one in values(var.services) : lower(one.account) if one.account != null])

  persons = [for one in var.operators : lower(one)]

  # Who has which role in the function. The watch looks, and may do nothing.
  members = {
    operator = concat(local.persons, [local.operator_email])
    viewer   = concat([for one in var.viewers : lower(one)], [local.watch_email])
    service  = local.accounts_of_services
    legacy   = [for one in var.legacy_accounts : lower(one)]
  }

  principals = {
    for one in distinct(flatten(values(local.members))) : one => {
      roles    = [for role, those in local.members : role if contains(those, one)]
      services = [for name, terms in var.services : name if lower(coalesce(terms.account, "nobody")) == one]
    }
  }

  # The same as IAM spells them.
  iam_members = {
    for one in keys(local.principals) : one => (
      startswith(one, "domain:") ? one : endswith(one, ".gserviceaccount.com") ? "serviceAccount:${one}" : "user:${one}"
    )
  }
}
