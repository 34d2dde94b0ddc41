# People of a directory or identity provider, with the configuration that would manage them.
list "registry_user" "federated" {
  provider         = registry
  include_resource = true

  config {
    realm = "ldap"
  }
}
