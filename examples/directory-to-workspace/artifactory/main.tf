# The platform team's side on Artifactory: the directory, the group that may install, and what it may install.
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
  description = "Address of the directory, such as ldaps://ldap.example.com:636. Artifactory has to trust its certificate."
  type        = string
}

# From the environment (TF_VAR_reader_password); it ends in no plan and no state.
variable "reader_password" {
  description = "Password of the account that searches the directory."
  type        = string
  ephemeral   = true
}

variable "installers" {
  description = "The directory's group whose people may install, and how it is found. There is a file for each strategy."
  type = object({
    strategy         = string
    name             = string
    dn               = string
    base_dn          = string
    filter           = string
    name_attribute   = string
    member_attribute = string
    sub_tree         = bool
  })
}

resource "registry_ldap_settings" "corp" {
  name          = "corp"
  url           = var.directory_url
  base_dn       = "dc=example,dc=com"
  search_bases  = ["ou=people", "ou=staff"]
  search_filter = "(uid={0})"

  manager_dn                  = "cn=reader,dc=example,dc=com"
  manager_password_wo         = var.reader_password
  manager_password_wo_version = 1
}

resource "registry_ldap_group_settings" "corp" {
  name                   = "corp-groups"
  ldap_settings          = registry_ldap_settings.corp.name
  strategy               = var.installers.strategy
  group_base_dn          = var.installers.base_dn
  filter                 = var.installers.filter
  group_name_attribute   = var.installers.name_attribute
  group_member_attribute = var.installers.member_attribute
  sub_tree               = var.installers.sub_tree
}

# A group of the directory: people get into it by signing in, and nobody is added to it here.
resource "registry_group" "installers" {
  name = var.installers.name

  artifactory = {
    ldap = {
      group_dn = var.installers.dn
      strategy = registry_ldap_group_settings.corp.strategy
    }
  }
}

resource "registry_permission" "install" {
  name         = "npm-private"
  repositories = ["npm-private"]
  groups = {
    (registry_group.installers.name) = ["read"]
  }
}
