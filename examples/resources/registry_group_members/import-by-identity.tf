import {
  to = registry_group_members.developers
  identity = {
    group = "developers"
  }
}
