# The platform team's side on Artifact Keeper, first part: the directory. Applying it closes local password sign-in for
# everybody but administrators.
#
# The provider reads REGISTRY_URL, REGISTRY_ACCESS_TOKEN (of an administrator) and, where the registry's certificate is
# not publicly trusted, REGISTRY_CA_CERTIFICATE.

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

variable "directory_url" {
  description = "Address of the directory, such as ldaps://ldap.example.com:636."
  type        = string
}

variable "directory_ca_certificate" {
  description = "PEM text of the authority that signed the directory's certificate. Null when Artifact Keeper trusts it anyway."
  type        = string
  default     = null
}

# From the environment (TF_VAR_reader_password); it ends in no plan and no state.
variable "reader_password" {
  description = "Password of the account that searches the directory."
  type        = string
  ephemeral   = true
}

resource "registry_ldap_settings" "corp" {
  name          = "corp"
  url           = var.directory_url
  base_dn       = "dc=example,dc=com"
  search_filter = "(uid={0})"

  manager_dn                  = "cn=reader,dc=example,dc=com"
  manager_password_wo         = var.reader_password
  manager_password_wo_version = 1

  artifact_keeper = {
    ca_certificate = var.directory_ca_certificate
    group_base_dn  = "ou=groups,dc=example,dc=com"
    group_filter   = "(member={0})"
  }
}

output "sign_in_path" {
  description = "Where people of the directory sign in, for those who do it without a browser."
  value       = "/api/v1/auth/sso/ldap/${registry_ldap_settings.corp.id}/login"
}
