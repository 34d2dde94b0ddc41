import {
  to = registry_permission.npm
  identity = {
    name = "npm-private"
  }
}
