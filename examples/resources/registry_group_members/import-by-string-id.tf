import {
  to = registry_group_members.developers
  id = "developers"
}
