# What is recorded of an Artifact Keeper. Resources named "imported" are made by Terraform, forgotten and imported.

resource "registry_user" "minimal" {
  username = "minimal"
  email    = "minimal@example.com"
}

resource "registry_user" "rich" {
  username            = "rich"
  email               = "rich@example.com"
  display_name        = "Rich Example"
  password_wo         = "Rich-Passw0rd-2125"
  password_wo_version = 3
  admin               = true
  enabled             = false
  deletion_policy     = "abandon"
  adopt_existing      = true
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_user" "adopted" {
  username            = "bob"
  email               = "bob@example.com"
  password_wo         = "Bob-Passw0rd-2125"
  password_wo_version = 1
  adopt_existing      = true
}

resource "registry_user" "imported" {
  username            = "imported"
  email               = "imported@example.com"
  password_wo         = "Imported-Passw0rd-2125"
  password_wo_version = 1
}

resource "registry_group" "minimal" {
  name = "minimal"
}

resource "registry_group" "rich" {
  name        = "rich / and with a blank"
  description = "Everything a group can have"
  members     = ["alice", registry_user.minimal.username]
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_group" "nobody" {
  name    = "nobody"
  members = []
}

resource "registry_group" "imported" {
  name        = "imported"
  description = "Made before Terraform came"
  members     = ["dana"]
}

resource "registry_group_membership" "minimal" {
  group    = registry_group.minimal.name
  username = "dana"
}

resource "registry_group_membership" "rich" {
  group    = registry_group.minimal.name
  username = "alice"
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_group_membership" "imported" {
  group    = registry_group.minimal.name
  username = "bob"
}

resource "registry_group" "members" {
  for_each = toset(["somebody", "imported-members"])
  name     = each.key
}

resource "registry_group_members" "minimal" {
  group   = "developers"
  members = []
}

resource "registry_group_members" "rich" {
  group   = registry_group.members["somebody"].name
  members = ["alice", "dana"]
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_group_members" "imported" {
  group   = registry_group.members["imported-members"].name
  members = ["alice"]
}

resource "registry_permission" "minimal" {
  name         = "npm-private"
  repositories = ["npm-private"]
  groups       = { readers = ["read"] }
}

resource "registry_permission" "rich" {
  name         = "go-private"
  repositories = ["go-private"]
  users        = { alice = ["read", "write"], svc-builder = ["admin"] }
  groups       = { (registry_group.minimal.name) = ["read"], developers = ["read", "delete"] }
  additive     = true
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_permission" "imported" {
  name         = "maven-private"
  repositories = ["maven-private"]
  users        = { dana = ["read"] }
}

resource "registry_token" "minimal" {
  username = "alice"
}

resource "registry_token" "rich" {
  username          = "alice"
  description       = "Everything a token can have"
  scopes            = ["read:artifacts", "write:artifacts"]
  expires_in        = "90d"
  rotate_before     = "7d"
  keepers           = { workspace = "1", owner = "alice" }
  idempotency_key   = "workspace-1/token"
  revoke_on_destroy = false
  on_unreachable    = "warn"
  timeouts {
    create = "4m"
    read   = "3m"
    delete = "3m"
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "registry_token" "weeks" {
  username   = "dana"
  expires_in = "2w"
}

resource "registry_token" "endless" {
  username   = "dana"
  expires_in = "never"
}

resource "registry_token" "administrator" {
  provider = registry.admin
  username = "admin"
  scopes   = ["admin"]
}

resource "registry_token" "imported" {
  username    = "alice"
  description = "Minted before Terraform came"
}

resource "registry_ldap_settings" "minimal" {
  name    = "minimal"
  url     = "ldap://ldap.example.com"
  base_dn = "dc=example,dc=com"
}

resource "registry_ldap_settings" "rich" {
  name                        = "rich"
  enabled                     = false
  url                         = "ldap://ldap.example.com:389"
  base_dn                     = "dc=example,dc=com"
  search_bases                = ["ou=people"]
  search_filter               = "(sAMAccountName={0})"
  email_attribute             = "userPrincipalName"
  manager_dn                  = "cn=reader,dc=example,dc=com"
  manager_password_wo         = "Reader-Passw0rd"
  manager_password_wo_version = 2
  artifact_keeper = {
    username_attribute     = "sAMAccountName"
    display_name_attribute = "displayName"
    groups_attribute       = "isMemberOf"
    group_base_dn          = "ou=groups,dc=example,dc=com"
    group_filter           = "(member={0})"
    admin_group_dn         = "cn=admins,ou=groups,dc=example,dc=com"
    use_starttls           = true
    insecure_skip_verify   = true
    ca_certificate         = "-----BEGIN CERTIFICATE-----"
    priority               = 3
  }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_ldap_settings" "imported" {
  name                        = "imported"
  url                         = "ldaps://ldap.example.org"
  base_dn                     = "dc=example,dc=org"
  manager_dn                  = "cn=reader,dc=example,dc=org"
  manager_password_wo         = "Reader-Passw0rd"
  manager_password_wo_version = 1
}

resource "registry_oidc_provider" "minimal" {
  name       = "minimal"
  issuer_url = "https://token.actions.example.com"
}

resource "registry_oidc_provider" "rich" {
  name       = "rich"
  issuer_url = "https://gitlab.example.com/"
  audience   = "registry"
  artifact_keeper = {
    enabled       = false
    provider_type = "gitlab"
  }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_oidc_provider" "sign_in" {
  name       = "people"
  issuer_url = "https://login.example.com"
  sign_in = {
    client_id                = "registry"
    client_secret_wo         = "Registry-Client-Secret"
    client_secret_wo_version = 2
    scopes                   = ["openid", "groups"]
    attribute_mapping        = jsonencode({ groups_claim = "groups", fetch_userinfo_groups = true })
    auto_create_users        = false
    pkce_enabled             = false
    map_groups_to_groups     = true
    allow_legacy_rsa_keys    = true
  }
}

resource "registry_oidc_provider" "minimal_sign_in" {
  name       = "guests"
  issuer_url = "https://login.example.org"
  sign_in = {
    client_id        = "registry"
    client_secret_wo = "Registry-Client-Secret"
  }
}

resource "registry_oidc_provider" "imported" {
  name       = "imported"
  issuer_url = "https://github.example.com"
}

resource "registry_oidc_mapping" "minimal" {
  provider_id = registry_oidc_provider.minimal.id
  name        = "minimal"
  priority    = 1
  claims      = jsonencode({ repository = "acme/app" })
}

resource "registry_oidc_mapping" "rich" {
  provider_id = registry_oidc_provider.rich.id
  name        = "rich"
  priority    = 7
  claims      = jsonencode({ repository = ["acme/app", "acme/lib"], ref = "refs/heads/main" })
  artifact_keeper = {
    enabled              = false
    allowed_repositories = ["npm-private", "go-private"]
  }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_oidc_mapping" "nowhere" {
  provider_id = registry_oidc_provider.rich.id
  name        = "nowhere"
  priority    = 8
  claims      = jsonencode({ repository = "acme/app" })
  artifact_keeper = {
    allowed_repositories = []
  }
}

resource "registry_oidc_mapping" "imported" {
  provider_id = registry_oidc_provider.imported.id
  name        = "imported"
  priority    = 2
  claims      = jsonencode({ sub = "project_path:acme/app" })
}
