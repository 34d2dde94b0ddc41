import {
  to = registry_group_membership.quinn
  identity = {
    group    = "developers"
    username = "quinn"
  }
}
