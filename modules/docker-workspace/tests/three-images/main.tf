# One template for two workspaces, and a third with another package in its image.
terraform {
  required_providers {
    docker = {
      source = "kreuzwerker/docker"
    }
  }
}

locals {
  workspaces = {
    one   = { number = "1", packages = [] }
    two   = { number = "2", packages = [] }
    other = { number = "3", packages = ["git"] }
  }
}

module "workspace" {
  source   = "../.."
  for_each = local.workspaces

  workspace_id = "00000000-0000-4000-8000-00000000000${each.value.number}"
  start_count  = 1
  agent_token  = "token-${each.key}"
  init_script  = "exec coder agent"
  architecture = "amd64"
  packages     = each.value.packages
}

output "images" {
  description = "Name of the image of each workspace."
  value       = { for name, workspace in module.workspace : name => workspace.image }
}
