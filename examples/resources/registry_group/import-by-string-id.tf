import {
  to = registry_group.developers
  id = "developers"
}
