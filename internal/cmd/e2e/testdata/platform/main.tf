# What the platform team does: accounts for two developers and permission to install.
terraform {
  required_providers {
    registry = {
      source = "registry-identity/registry"
    }
  }
}

provider "registry" {}

variable "repositories" {
  type = set(string)
}

# alice is there from the start, with a password, and stands for somebody who signs in herself.
resource "registry_user" "quinn" {
  username = "quinn"
  email    = "quinn@example.com"
}

resource "registry_group" "developers" {
  name    = "workspace-developers"
  members = [registry_user.quinn.username, "alice"]
}

resource "registry_permission" "install" {
  for_each = var.repositories

  name         = each.key
  repositories = [each.key]
  groups       = { (registry_group.developers.name) = ["read"] }
}
