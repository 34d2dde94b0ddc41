resource "registry_ldap_settings" "test0" {
  name          = "corp"
  url           = "ldaps://ldap.example.com"
  base_dn       = "dc=example,dc=com"
  search_filter = "(uid={0})"
  manager_dn    = "cn=reader,dc=example,dc=com"
}
resource "registry_ldap_group_settings" "test1" {
  name                   = "directory"
  ldap_settings          = "corp"
  strategy               = "STATIC"
  group_member_attribute = "member"
  filter                 = "(objectClass=groupOfNames)"
}
resource "registry_oidc_provider" "test2" {
  name       = "ci"
  issuer_url = "https://token.actions.example.com"
  audience   = "registry"

}
resource "registry_oidc_mapping" "test3" {
  name        = "app"
  provider_id = "ci"
  priority    = 1
  claims      = jsonencode({ repository = "acme/app" })
  artifactory = {
    username   = "alice"
    scope      = "applied-permissions/user"
    expires_in = "10m"
  }
}
resource "registry_user" "test4" {
  username = "alice"
  email    = "alice@example.com"
}
resource "registry_user" "test5" {
  username = "bob"
  email    = "bob@example.com"
}
resource "registry_user" "test6" {
  username = "dana"
  email    = "d.whitfield@example.org"
}
resource "registry_group" "test7" {
  name    = "readers"
  members = ["admin", "alice", "bob", "carol", "dana", "erin@example.com"]
}
resource "registry_group" "test8" {
  name        = "developers"
  description = "People who install packages"
}
resource "registry_group_members" "test9" {
  group   = "developers"
  members = ["alice"]
}
resource "registry_permission" "test10" {
  name         = "install"
  repositories = ["npm-private"]
  groups       = { developers = ["read"] }
}
resource "registry_token" "test11" {
  username    = "alice"
  description = "nightly build"
  expires_in  = "30d"
  scopes      = ["applied-permissions/user"]
}
