# Artifact Keeper only: rules beside those of other configurations for the same repository.
resource "registry_permission" "nightly" {
  name         = "npm-private"
  repositories = ["npm-private"]
  additive     = true

  users = {
    svc-nightly = ["read", "write"]
  }
}
