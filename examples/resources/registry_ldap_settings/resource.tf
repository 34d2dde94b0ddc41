# The password comes from the environment (TF_VAR_ldap_reader_password) and ends in no plan and no state.
variable "ldap_reader_password" {
  type      = string
  ephemeral = true
}

resource "registry_ldap_settings" "corp" {
  name          = "corp"
  url           = "ldaps://ldap.example.com:636"
  base_dn       = "dc=example,dc=com"
  search_bases  = ["ou=people"]
  search_filter = "(uid={0})"

  manager_dn                  = "cn=reader,dc=example,dc=com"
  manager_password_wo         = var.ldap_reader_password
  manager_password_wo_version = 1 # raise it after changing the password

  # On Artifact Keeper, groups are read at sign-in, and registry_ldap_group_settings is not needed:
  #
  # artifact_keeper = {
  #   group_base_dn = "ou=groups,dc=example,dc=com"
  #   group_filter  = "(member={0})"
  # }
}
