# Coder's settings for the embedded registry, by the module that writes them for a real one.
variable "coder_url" {
  type = string
}

variable "registry_url" {
  type = string
}

module "external_auth" {
  source         = "./modules/coder-external-auth"
  coder_url      = var.coder_url
  auth_providers = [{ id = "jfrog", type = "jfrog", url = var.registry_url, client_id = "coder" }]
}

output "environment" {
  value = module.external_auth.environment
}

output "callback" {
  value = module.external_auth.callback_urls["jfrog"]
}
