# Exactly these people: whoever else is in the group is removed.
resource "registry_group_members" "developers" {
  group   = "developers"
  members = ["quinn", "robin"]
}
