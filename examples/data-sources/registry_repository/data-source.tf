data "registry_repository" "npm" {
  key = "npm-private"
}
