data "registry_repositories" "npm" {
  package_type = "npm"
}
