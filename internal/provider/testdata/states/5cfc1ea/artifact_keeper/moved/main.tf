resource "registry_ldap_settings" "test0" {
  name          = "corp"
  url           = "ldaps://ldap.example.com"
  base_dn       = "dc=example,dc=com"
  search_filter = "(uid={0})"
  manager_dn    = "cn=reader,dc=example,dc=com"
}
resource "registry_oidc_provider" "test1" {
  name       = "ci"
  issuer_url = "https://token.actions.example.com"
  audience   = "registry"

}
resource "registry_oidc_mapping" "test2" {
  name            = "app"
  provider_id     = "4dec8adf-8450-4475-9e1f-b40036a740f8"
  priority        = 1
  claims          = jsonencode({ repository = "acme/app" })
  artifact_keeper = { allowed_repositories = ["npm-private"] }
}
resource "registry_oidc_provider" "test3" {
  name       = "people"
  issuer_url = "https://token.actions.example.com"
  sign_in = {
    client_id         = "registry"
    scopes            = ["openid", "groups"]
    attribute_mapping = jsonencode({ groups_claim = "groups" })
  }
}
resource "registry_user" "test4" {
  username = "alice"
  email    = "alice@example.com"
}
resource "registry_group" "test5" {
  name        = "developers"
  description = "People who install packages"
}
resource "registry_group_membership" "test6" {
  group    = "developers"
  username = "alice"
}
resource "registry_permission" "test7" {
  name         = "npm-private"
  repositories = ["npm-private"]
  additive     = true
  groups       = { developers = ["read"] }
}
resource "registry_token" "test8" {
  username    = "alice"
  description = "nightly build"
  expires_in  = "30d"
  scopes      = ["read:artifacts"]
}
resource "registry_token" "test9" {
  username    = "admin"
  description = "the peer's own"
  expires_in  = "never"
  scopes      = ["read:artifacts"]
}
