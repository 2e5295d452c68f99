mock_provider "google" {}

run "the_database_cannot_be_lost_and_its_collections_are_as_declared" {
  command = plan

  assert {
    condition     = google_firestore_database.this.name == "(default)" && google_firestore_database.this.type == "FIRESTORE_NATIVE"
    error_message = "The function uses the default database."
  }

  assert {
    condition     = google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_ENABLED" && google_firestore_database.this.deletion_policy == "ABANDON"
    error_message = "Nobody deletes the database by accident."
  }

  assert {
    condition     = google_firestore_database.this.point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "The last seven days can be had back."
  }

  assert {
    condition     = google_firestore_database.this.location_id == "europe-west1"
    error_message = "It is where the function is."
  }

  assert {
    condition = toset([for one in values(google_firestore_field.field) : one.collection if one.field == "expire_at" && length(one.ttl_config) == 1]) == toset([
      "scheduler_jobs", "scheduler_runs", "scheduler_ticks", "scheduler_effects", "scheduler_audit",
      "scheduler_shadow_jobs", "scheduler_shadow_runs", "scheduler_shadow_ticks", "scheduler_shadow_effects", "scheduler_shadow_marks",
    ])
    error_message = "Firestore deletes by expire_at in each collection."
  }

  assert {
    condition     = alltrue([for one in values(google_firestore_field.field) : length(one.ttl_config) == 0 if one.field != "expire_at"])
    error_message = "Nothing else makes a document expire."
  }

  assert {
    condition     = toset([for one in values(google_firestore_field.field) : one.collection if one.field == "*"]) == toset([for one in values(google_firestore_field.field) : one.collection])
    error_message = "A growing indexed field holds a collection to 500 writes a second."
  }

  assert {
    condition     = alltrue([for one in values(google_firestore_field.field) : length(one.index_config) == 1 && length(one.index_config[0].indexes) == 0])
    error_message = "The block is there, and empty: without it the indexes would be inherited."
  }

  assert {
    condition     = length(google_firestore_index.index) == length(jsondecode(file("../firestore.indexes.json")).indexes)
    error_message = "Not one less, not one more."
  }

  assert {
    condition     = google_firestore_index.index["scheduler_jobs lane ASCENDING claimable_at ASCENDING"].fields[*].field_path == tolist(["lane", "claimable_at"]) && google_firestore_index.index["scheduler_jobs lane ASCENDING claimable_at ASCENDING"].query_scope == "COLLECTION"
    error_message = "The due query has its index, the lane first."
  }
}

run "it_may_be_in_several_regions" {
  command = plan
  variables {
    firestore_location = "eur3"
  }

  assert {
    condition     = google_firestore_database.this.location_id == "eur3"
    error_message = "The location is chosen."
  }
}
