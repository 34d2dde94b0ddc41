import {
  to = registry_permission.npm
  id = "npm-private"
}
