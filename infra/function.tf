# The two services of one image: `api` for ticks, programs and the team's services, `page` for people, behind IAP.
# Terraform owns their shape; npm run deploy owns the image, the revisions and the traffic.
locals {
  has_loop = var.flags.rollout_legacy_loop == "on"
  is_json  = var.flags.scheduler_storage == "json"

  service_names = { api = var.name, page = "${var.name}-page" }
  # Known before the services are there, which is why a service can be told its own.
  urls    = { for surface, name in local.service_names : surface => "https://${name}-${var.project_number}.${var.region}.run.app" }
  api_url = local.urls["api"]

  surfaces = {
    api = {
      # Each tick has an instance to itself; the json storage has one process for everything.
      concurrency = local.is_json ? 80 : 1
      # The loop works between requests, for which Cloud Run gives CPU only when told, and only to an instance that is there.
      cpu_idle      = !local.has_loop
      min_instances = local.has_loop ? max(1, var.min_instances) : var.min_instances
    }
    # A run that an operator triggers goes on once its request was answered with 202, which wants CPU, too.
    page = { concurrency = 80, cpu_idle = false, min_instances = 0 }
  }

  env = merge(local.chosen_flags, local.service_urls, {
    ENVIRONMENT               = var.environment
    GOOGLE_CLOUD_PROJECT      = var.project_id
    SCHEDULER_LOCATION        = var.region
    SCHEDULER_TARGET_URL      = local.api_url
    SCHEDULER_OIDC_AUDIENCE   = local.api_url
    SCHEDULER_SERVICE_ACCOUNT = local.scheduler_email
    SCHEDULER_PRINCIPALS      = jsonencode(local.principals)
    SCHEDULER_SERVICES        = jsonencode(local.service_terms)
  })

  # Only the page has IAP in front, and takes IAP's word for who is there.
  own_env = {
    api = { SCHEDULER_SURFACE = "api" }
    page = {
      SCHEDULER_SURFACE      = "page"
      SCHEDULER_IAP_AUDIENCE = "/projects/${var.project_number}/locations/${var.region}/services/${local.service_names["page"]}"
    }
  }
}

resource "google_cloud_run_v2_service" "surface" {
  for_each = local.surfaces

  project  = var.project_id
  location = var.region
  name     = local.service_names[each.key]

  deletion_protection = var.deletion_protection

  # Open to the internet's requests, closed to its callers: IAM lets in nobody but those of invokers.tf and iap.tf.
  ingress              = "INGRESS_TRAFFIC_ALL"
  invoker_iam_disabled = false

  # The service's, not each revision's: a revision that is only tried would have instances, too.
  scaling {
    min_instance_count = each.value.min_instances
  }

  template {
    service_account                  = local.emails["runtime"]
    timeout                          = "${var.flags.scheduler_request_timeout_seconds}s"
    max_instance_request_concurrency = each.value.concurrency

    scaling {
      max_instance_count = local.is_json ? 1 : var.max_instances
    }

    containers {
      # Until the first deploy.
      image = "us-docker.pkg.dev/cloudrun/container/hello"

      resources {
        limits            = { cpu = var.cpu, memory = var.memory }
        cpu_idle          = each.value.cpu_idle
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = merge(local.env, local.own_env[each.key])
        content {
          name  = env.key
          value = env.value
        }
      }

      dynamic "env" {
        for_each = local.secret_flags
        content {
          name = env.key
          value_source {
            secret_key_ref {
              secret  = env.value
              version = "latest"
            }
          }
        }
      }
    }
  }

  lifecycle {
    ignore_changes = [
      build_config,
      client,
      client_version,
      traffic,
      template[0].annotations,
      template[0].labels,
      template[0].containers[0].base_image_uri,
      template[0].containers[0].image,
    ]

    precondition {
      condition     = !(local.is_json && local.surfaces["api"].min_instances > 1)
      error_message = "The json storage serves one process: set min_instances to 0 or 1."
    }
  }

  depends_on = [
    google_project_service.api,
    google_project_iam_member.runtime,
    google_secret_manager_secret_iam_member.runtime,
  ]
}
