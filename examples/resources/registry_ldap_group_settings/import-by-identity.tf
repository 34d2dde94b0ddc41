import {
  to = registry_ldap_group_settings.static
  identity = {
    name = "corp-groups"
  }
}
