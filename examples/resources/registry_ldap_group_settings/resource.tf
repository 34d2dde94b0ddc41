resource "registry_ldap_group_settings" "static" {
  name                   = "corp-groups"
  ldap_settings          = "corp"
  strategy               = "STATIC"
  group_base_dn          = "ou=groups"
  group_member_attribute = "member"
  filter                 = "(objectClass=groupOfNames)"
}

# The group of the directory, under its name in lower case, so that permissions can name it.
resource "registry_group" "engineers" {
  name = "engineers"
  artifactory = {
    ldap = {
      strategy = registry_ldap_group_settings.static.strategy
      group_dn = "cn=Engineers,ou=groups,dc=example,dc=com"
    }
  }
}
