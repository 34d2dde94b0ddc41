data "registry_identity" "owner" {
  username = "quinn"
  email    = "quinn@example.com"
}

# Lives for 30 days; an apply in its last week mints the next one before it revokes this one.
resource "registry_token" "pipeline" {
  username      = data.registry_identity.owner.registry_username
  description   = "nightly build"
  expires_in    = "30d"
  rotate_before = "7d"

  lifecycle {
    create_before_destroy = true
  }
}
