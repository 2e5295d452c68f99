# The default database is the one that the function uses. Where the project has it already, take it in before the first
# apply, and nothing of it is lost:
#   terraform import google_firestore_database.this '(default)'
#
# Rules for web and mobile clients are left alone, since the database may serve other things than these; a project
# without any refuses such clients, and so does firestore.rules (firebase deploy).
resource "google_firestore_database" "this" {
  project     = var.project_id
  name        = "(default)"
  location_id = coalesce(var.firestore_location, var.region)
  type        = "FIRESTORE_NATIVE"

  delete_protection_state           = "DELETE_PROTECTION_ENABLED"
  deletion_policy                   = "ABANDON"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"

  depends_on = [google_project_service.api]
}
