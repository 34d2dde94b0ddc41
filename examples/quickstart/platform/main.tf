# The platform team's side: who may use the registry, and what they may install. It is applied once, not per workspace.
#
# The provider reads REGISTRY_URL, REGISTRY_ACCESS_TOKEN (of an administrator) and, where the registry's certificate is
# not publicly trusted, REGISTRY_CA_CERTIFICATE. None of them is a variable, because a saved plan holds variables in clear.

terraform {
  required_version = ">= 1.11"

  required_providers {
    registry = {
      source  = "registry-identity/registry"
      version = ">= 0.1.0"
    }
  }
}

provider "registry" {}

variable "developers" {
  description = "User names and e-mail addresses of the people who have workspaces."
  type        = map(string)
  default = {
    quinn = "quinn@example.com"
  }
}

variable "repositories" {
  description = "Keys of the repositories that developers may install from."
  type        = set(string)
  default     = ["npm-private", "go-private", "pypi-private"]
}

# No password: nobody signs in as these users with one, workspaces get tokens.
resource "registry_user" "developer" {
  for_each = var.developers

  username = each.key
  email    = each.value
}

resource "registry_group" "developers" {
  name        = "workspace-developers"
  description = "People who install packages from their workspaces"
  members     = [for user in registry_user.developer : user.username]
}

# One permission per repository, named after it: the form that both kinds of registry understand.
resource "registry_permission" "install" {
  for_each = var.repositories

  name         = each.key
  repositories = [each.key]
  groups = {
    (registry_group.developers.name) = ["read"]
  }
}
