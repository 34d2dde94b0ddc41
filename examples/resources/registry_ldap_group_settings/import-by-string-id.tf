import {
  to = registry_ldap_group_settings.static
  id = "corp-groups"
}
