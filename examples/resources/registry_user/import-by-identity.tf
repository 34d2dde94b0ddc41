import {
  to = registry_user.quinn
  identity = {
    username = "quinn"
  }
}
