# The same template for two people: one with a token, one without.
terraform {
  required_providers {
    coder = {
      source = "coder/coder"
    }
  }
}

variable "package_managers" {
  description = "As in the module."
  type        = any
}

module "jane" {
  source = "../.."

  agent_id         = "agent-of-jane"
  registry_url     = "https://registry.example.com"
  registry_type    = "artifactory"
  package_managers = var.package_managers
  user             = "jane@example.com"
  token            = "the-token-of-jane"
  token_expires_at = "2030-01-31T12:00:00Z"
}

module "bob" {
  source = "../.."

  agent_id         = "agent-of-bob"
  registry_url     = "https://registry.example.com"
  registry_type    = "artifactory"
  package_managers = var.package_managers
}

output "jane" {
  description = "Scripts of the first."
  value       = module.jane.script_texts
}

output "bob" {
  description = "Scripts of the second."
  value       = module.bob.script_texts
}
