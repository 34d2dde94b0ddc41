import {
  to = registry_ldap_settings.corp
  id = "corp"
}
