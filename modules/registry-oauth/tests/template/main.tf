# The module as a template calls it: there are no instances of it while the workspace is stopped.
terraform {
  required_providers {
    coder = {
      source = "coder/coder"
    }
  }
}

variable "username" {
  description = "As in the module."
  type        = string
  default     = null
}

data "coder_workspace" "me" {}

module "registry" {
  source = "../.."
  count  = data.coder_workspace.me.start_count

  agent_id         = "agent"
  registry_url     = "https://registry.example.com"
  package_managers = { npm = "npm-virtual", go = "go-virtual", pypi = "pypi-virtual" }
  username         = var.username
}

output "texts" {
  description = "The scripts of a running workspace."
  value       = one(module.registry[*].script_texts)
}
