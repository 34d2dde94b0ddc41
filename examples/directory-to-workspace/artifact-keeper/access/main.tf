# The platform team's side on Artifact Keeper, second part: what the directory's group may install. The group appears when
# the first of its people signs in, so this is applied after that.

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

# Making the group here instead would block the directory's for good.
data "registry_group" "installers" {
  name = "engineers"

  lifecycle {
    postcondition {
      condition     = self.external_source == "ldap"
      error_message = "The group is not the directory's: somebody made it on the registry, and the directory's is blocked."
    }
  }
}

resource "registry_permission" "install" {
  name         = "npm-private"
  repositories = ["npm-private"]
  groups = {
    (data.registry_group.installers.name) = ["read"]
  }
}
