import {
  to = registry_user.quinn
  id = "quinn"
}
