# The module as a template calls it: there are no instances of it while the workspace is stopped.
terraform {
  required_providers {
    coder = {
      source = "coder/coder"
    }
    registry = {
      source = "registry-identity/registry"
    }
  }
}

data "coder_workspace" "me" {}

module "registry" {
  source = "../.."
  count  = data.coder_workspace.me.start_count

  agent_id         = "agent"
  package_managers = { npm = "npm-virtual" }
}

output "usernames" {
  description = "One registry user while the workspace runs, none while it is stopped."
  value       = module.registry[*].username
}
