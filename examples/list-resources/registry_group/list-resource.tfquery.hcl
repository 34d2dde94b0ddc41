list "registry_group" "teams" {
  provider         = registry
  include_resource = true

  config {
    name_contains = "team-"
  }
}
