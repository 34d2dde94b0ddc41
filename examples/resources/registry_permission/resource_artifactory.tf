# Artifactory only: several repositories and path patterns in one permission target.
resource "registry_permission" "frontend" {
  name         = "frontend"
  repositories = ["npm-private", "npm-remote"]

  groups = {
    frontend = ["read", "annotate", "write"]
  }
  artifactory = {
    include_patterns = ["@acme/**"]
  }
}
