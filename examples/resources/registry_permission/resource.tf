# One repository, and the permission named after it: this form works on both kinds of registry.
resource "registry_permission" "npm" {
  name         = "npm-private"
  repositories = ["npm-private"]

  groups = {
    developers = ["read"]
  }
  users = {
    release-bot = ["read", "write"]
  }
}
