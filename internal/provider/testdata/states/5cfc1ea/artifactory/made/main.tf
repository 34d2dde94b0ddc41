# What is recorded of an Artifactory. Resources named "imported" are made by Terraform, forgotten and imported.

resource "registry_user" "minimal" {
  username = "minimal"
  email    = "minimal@example.com"
}

resource "registry_user" "rich" {
  username            = "rich"
  email               = "rich@example.com"
  password_wo         = "Rich-Passw0rd"
  password_wo_version = 3
  admin               = true
  enabled             = false
  deletion_policy     = "disable"
  adopt_existing      = true
  artifactory = {
    profile_updatable          = false
    disable_ui_access          = true
    internal_password_disabled = false
    watch_manager              = true
    policy_viewer              = true
    policy_manager             = true
    reports_manager            = true
    resources_manager          = true
  }
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
  password_wo         = "Bob-Passw0rd"
  password_wo_version = 1
  adopt_existing      = true
}

resource "registry_user" "imported" {
  username            = "imported"
  email               = "imported@example.com"
  password_wo         = "Imported-Passw0rd"
  password_wo_version = 1
}

resource "registry_group" "minimal" {
  name = "minimal"
}

resource "registry_group" "rich" {
  name        = "rich"
  description = "Everything a group can have"
  members     = ["alice", registry_user.minimal.username]
  artifactory = {
    auto_join        = true
    external_id      = "4711"
    reports_manager  = true
    watch_manager    = true
    policy_manager   = true
    policy_viewer    = true
    manage_resources = true
    manage_webhook   = true
  }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_group" "administrators" {
  name    = "administrators"
  members = []
  artifactory = {
    admin_privileges = true
  }
}

resource "registry_group" "directory" {
  name = "writers"
  artifactory = {
    ldap = {
      strategy = "STATIC"
      group_dn = "cn=writers,ou=groups,dc=example,dc=com"
    }
  }
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
  for_each = toset(["nobody", "somebody", "imported-members"])
  name     = each.key
}

resource "registry_group_members" "minimal" {
  group   = registry_group.members["nobody"].name
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
  name         = "minimal"
  repositories = ["npm-private"]
}

resource "registry_permission" "rich" {
  name         = "rich"
  repositories = ["npm-private", "go-private"]
  users        = { alice = ["read", "write"], dana = ["annotate"] }
  groups       = { (registry_group.minimal.name) = ["read"], developers = ["delete", "manage"] }
  artifactory = {
    include_patterns = ["@acme/**", "lib/**"]
    exclude_patterns = ["lib/secret/**"]
    builds = {
      targets          = ["artifactory-build-info"]
      include_patterns = ["app/**"]
      exclude_patterns = ["app/secret/**"]
      users            = { alice = ["read", "manage"] }
      groups           = { developers = ["read"] }
    }
    release_bundles = {
      targets          = ["release-bundles"]
      include_patterns = ["app/**"]
      exclude_patterns = ["app/secret/**"]
      users            = { alice = ["write"] }
      groups           = { developers = ["read"] }
    }
    destinations = {
      targets          = ["*"]
      include_patterns = ["eu/**"]
      exclude_patterns = ["eu/secret/**"]
      users            = { alice = ["distribute"] }
      groups           = { developers = ["distribute"] }
    }
    pipeline_sources = {
      targets          = ["*"]
      include_patterns = ["ci/**"]
      exclude_patterns = ["ci/secret/**"]
      users            = { alice = ["read"] }
      groups           = { developers = ["read"] }
    }
  }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_permission" "sections" {
  name         = "sections"
  repositories = []
  artifactory = {
    builds = {
      targets = ["artifactory-build-info"]
      groups  = { developers = ["read"] }
    }
  }
}

resource "registry_permission" "imported" {
  name         = "imported"
  repositories = ["ANY LOCAL"]
  groups       = { readers = ["read"] }
}

resource "registry_token" "minimal" {
  username = "alice"
}

resource "registry_token" "rich" {
  username          = "alice"
  description       = "Everything a token can have"
  scopes            = ["applied-permissions/user"]
  expires_in        = "90d"
  rotate_before     = "7d"
  keepers           = { workspace = "1", owner = "alice" }
  idempotency_key   = "workspace-1/token"
  revoke_on_destroy = false
  on_unreachable    = "warn"
  artifactory = {
    refreshable     = true
    reference       = true
    audience        = "jfrt@*"
    project_key     = "acme"
    force_revocable = true
  }
  timeouts {
    create = "4m"
    read   = "3m"
    delete = "3m"
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "registry_token" "groups" {
  username   = "dana"
  scopes     = ["applied-permissions/groups:readers,developers"]
  expires_in = "12h"
}

resource "registry_token" "resources" {
  username   = "dana"
  scopes     = ["artifact:npm-private/**:r,w", "build:app/**:r"]
  expires_in = "1d12h"
}

resource "registry_token" "short" {
  username   = "dana"
  expires_in = "1h"
}

resource "registry_token" "of_the_server" {
  username   = "dana"
  expires_in = "default"
}

resource "registry_token" "endless" {
  username   = "dana"
  expires_in = "never"
}

resource "registry_token" "administrator" {
  provider = registry.admin
  username = "admin"
  scopes   = ["applied-permissions/admin"]
}

resource "registry_token" "imported" {
  username    = "alice"
  description = "Minted before Terraform came"
}

resource "registry_ldap_settings" "minimal" {
  name          = "minimal"
  url           = "ldap://ldap.example.com"
  base_dn       = "dc=example,dc=com"
  search_filter = "(uid={0})"
}

resource "registry_ldap_settings" "rich" {
  name                        = "rich"
  enabled                     = false
  url                         = "ldaps://ldap.example.com:636"
  base_dn                     = "dc=example,dc=com"
  search_bases                = ["ou=people", "ou=guests"]
  search_filter               = "(uid={0})"
  email_attribute             = "userPrincipalName"
  manager_dn                  = "cn=reader,dc=example,dc=com"
  manager_password_wo         = "Reader-Passw0rd"
  manager_password_wo_version = 2
  artifactory = {
    user_dn_pattern              = "uid={0},ou=people"
    search_sub_tree              = false
    auto_create_user             = false
    ldap_poisoning_protection    = false
    allow_user_to_access_profile = true
    paging_support_enabled       = false
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
  base_dn                     = ""
  search_filter               = "(uid={0})"
  manager_dn                  = "cn=reader,dc=example,dc=org"
  manager_password_wo         = "Reader-Passw0rd"
  manager_password_wo_version = 1
}

resource "registry_ldap_group_settings" "minimal" {
  name                   = "minimal"
  ldap_settings          = registry_ldap_settings.minimal.name
  strategy               = "HIERARCHICAL"
  group_member_attribute = "ou"
  filter                 = "(objectClass=organizationalUnit)"
}

resource "registry_ldap_group_settings" "rich" {
  name                   = "rich"
  ldap_settings          = registry_ldap_settings.rich.name
  strategy               = "STATIC"
  group_base_dn          = "ou=groups"
  group_name_attribute   = "ou"
  group_member_attribute = "uniqueMember"
  filter                 = "(objectClass=groupOfUniqueNames)"
  description_attribute  = "o"
  sub_tree               = false
  force_attribute_search = true
  refresh_operation      = "UPDATE_AND_IMPORT"
  refresh_triggers       = { run = "1" }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_ldap_group_settings" "imported" {
  name                   = "imported"
  ldap_settings          = registry_ldap_settings.minimal.name
  strategy               = "DYNAMIC"
  group_member_attribute = "memberOf"
  filter                 = "(objectClass=group)"
}

resource "registry_oidc_provider" "minimal" {
  name       = "minimal"
  issuer_url = "https://token.actions.example.com"
}

resource "registry_oidc_provider" "rich" {
  name       = "rich"
  issuer_url = "https://github.example.com/"
  audience   = "registry"
  artifactory = {
    provider_type                   = "GitHub Enterprise"
    description                     = "Everything a provider can have"
    organization                    = "acme"
    project_key                     = "acme"
    token_issuer                    = "https://sts.example.com"
    azure_app_id                    = "1"
    use_default_proxy               = true
    enable_permissive_configuration = true
  }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_oidc_provider" "imported" {
  name       = "imported"
  issuer_url = "https://gitlab.example.com"
}

resource "registry_oidc_mapping" "minimal" {
  provider_id = registry_oidc_provider.minimal.id
  name        = "minimal"
  priority    = 1
  claims      = jsonencode({ repository = "acme/app" })
  artifactory = {
    username = "alice"
  }
}

resource "registry_oidc_mapping" "rich" {
  provider_id = registry_oidc_provider.rich.id
  name        = "rich"
  priority    = 7
  claims      = jsonencode({ repository = "acme/app", ref = "refs/heads/main" })
  artifactory = {
    description      = "Everything a mapping can have"
    project_key      = "acme"
    username_pattern = "{{sub}}"
    groups_pattern   = "{{groups}}"
    scope            = "applied-permissions/user"
    audience         = "jfrt@*"
    expires_in       = "10m"
  }
  timeouts {
    create = "4m"
    read   = "3m"
    update = "4m"
    delete = "3m"
  }
}

resource "registry_oidc_mapping" "imported" {
  provider_id = registry_oidc_provider.imported.id
  name        = "imported"
  priority    = 2
  claims      = jsonencode({ sub = "project_path:acme/app" })
  artifactory = {
    scope = "applied-permissions/groups:developers"
  }
}
