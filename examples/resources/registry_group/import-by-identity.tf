import {
  to = registry_group.developers
  identity = {
    name = "developers"
  }
}
