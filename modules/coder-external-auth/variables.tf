variable "coder_url" {
  description = "The URL at which people open Coder (its `CODER_ACCESS_URL`), for example `https://coder.example.com`. The callback URLs start with it."
  type        = string

  validation {
    condition     = can(regex("^(https://[A-Za-z0-9][A-Za-z0-9.-]*|http://(localhost|127\\.0\\.0\\.1))(:[0-9]{1,5})?(/.*)?$", var.coder_url))
    error_message = "coder_url must look like https://coder.example.com (http only for localhost: the authorization code passes through this URL)."
  }

  validation {
    condition     = !can(regex("^https?://[^/]+/.", var.coder_url))
    error_message = "coder_url must have no path: Coder makes its callback URLs from scheme and host alone, so the path would be dropped and the sign-in would end nowhere."
  }
}

variable "auth_providers" {
  description = <<-EOT
    The external auth providers in the order of their indexes. Each is an object with `id`, `type`, `client_id` and, where the type needs it, `url` (the server's base URL; a path is kept) or `tenant_id` (Entra).

    Types: `jfrog`, `github`, `gitlab`, `bitbucket-cloud`, `bitbucket-server`, `gitea`, `azure-devops`, `azure-devops-entra` and `generic` (any other OAuth 2.0 server: `auth_url`, `token_url` and `validate_url`).

    Optional, and named like Coder's settings: `regex` (required for a git server of your own), `scopes` (a list), `auth_url`, `token_url`, `validate_url`, `revoke_url`, `device_flow`, `device_code_url`, `no_refresh`, `extra_token_keys` (a list), `app_install_url`, `app_installations_url`, `display_name`, `display_icon`. `client_secret_ref = { name, key }` names the Kubernetes Secret that holds the client secret; by default it is `coder-external-auth` with the provider's id as key. The secret itself has no place here.
  EOT
  type        = any

  validation {
    condition     = can([for p in var.auth_providers : keys(p)]) && try(length(var.auth_providers) > 0, false)
    error_message = "auth_providers must be a list of objects such as [{ id = \"jfrog\", type = \"jfrog\", url = \"https://registry.example.com\", client_id = \"coder\" }]."
  }
}
