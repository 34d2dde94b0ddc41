data "registry_user" "quinn" {
  username = "quinn"
}
