variable "ldap_reader_password" {
  type      = string
  ephemeral = true
}

# Stops the run with the reason when the directory does not work as the settings say.
ephemeral "registry_ldap_check" "corp" {
  url              = "ldaps://ldap.example.com:636"
  base_dn          = "dc=example,dc=com"
  search_bases     = ["ou=people"]
  manager_dn       = "cn=reader,dc=example,dc=com"
  manager_password = var.ldap_reader_password
  group_base_dn    = "ou=groups,dc=example,dc=com"
  group_filter     = "(member={0})"
  username         = "ada"
}
