data "registry_group" "developers" {
  name = "developers"
}
