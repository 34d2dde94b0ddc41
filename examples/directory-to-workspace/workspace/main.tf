# The workspace's side, the same on both registries: from the owner to their one registry account, to a token of theirs, to
# npm. In a Coder template the module registry-token does all of this, and for more than npm.

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

variable "owner" {
  description = "User name of the workspace's owner."
  type        = string
}

variable "email" {
  description = "E-mail address of the workspace's owner, which must be that of the account."
  type        = string
}

data "registry_identity" "owner" {
  username = var.owner
  email    = var.email
}

resource "registry_token" "owner" {
  username      = data.registry_identity.owner.registry_username
  description   = "workspace of ${var.owner}"
  expires_in    = "2d"
  rotate_before = "1d"

  lifecycle {
    create_before_destroy = true
  }
}

data "registry_repository" "npm" {
  key = "npm-private"
}

locals {
  npm = "${trimsuffix(data.registry_repository.npm.url, "/")}/"
}

output "npmrc" {
  description = "Configuration of npm, with the token."
  sensitive   = true
  value       = <<-EOT
    @acme:registry=${local.npm}
    ${trimprefix(local.npm, "https:")}:_authToken=${registry_token.owner.access_token}
  EOT
}
