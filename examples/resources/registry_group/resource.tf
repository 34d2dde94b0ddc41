resource "registry_group" "developers" {
  name        = "developers"
  description = "People who install packages"
  members     = ["quinn", "robin"]
}

# Without members, the directory that owns the group decides who is in it.
resource "registry_group" "auditors" {
  name = "auditors"
}
