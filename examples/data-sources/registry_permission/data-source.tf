data "registry_permission" "npm" {
  name = "npm-private"
}
