import {
  to = registry_ldap_settings.corp
  identity = {
    name = "corp"
  }
}
