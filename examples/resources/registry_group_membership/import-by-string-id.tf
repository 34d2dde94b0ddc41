import {
  to = registry_group_membership.quinn
  id = "developers/quinn"
}
