# One person in one group, beside whoever else is in it.
resource "registry_group_membership" "quinn" {
  group    = "developers"
  username = "quinn"
}
