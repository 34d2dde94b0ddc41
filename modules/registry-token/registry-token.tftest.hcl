# When an owner is looked up and a token minted, and what the workspace gets of it.

mock_provider "coder" {
  # The values a real start has. An override in a run replaces all of them.
  mock_data "coder_workspace" {
    defaults = {
      id               = "3f6d3c1e-0000-4000-8000-000000000001"
      name             = "dev"
      transition       = "start"
      start_count      = 1
      prebuild_count   = 0
      template_id      = "7a6d3c1e-0000-4000-8000-000000000002"
      template_name    = "docker"
      template_version = "v7"
    }
  }
  mock_data "coder_workspace_owner" {
    defaults = {
      name  = "jane"
      email = "jane@example.com"
    }
  }
}

mock_provider "registry" {
  mock_data "registry_server" {
    defaults = {
      type = "artifactory"
      url  = "https://registry.example.com"
    }
  }
  mock_data "registry_identity" {
    defaults = {
      id                = "jane"
      registry_username = "jane"
    }
  }
  mock_resource "registry_token" {
    defaults = {
      id           = "token-1"
      access_token = "the-token-of-jane"
      expires_at   = "2030-01-31T12:00:00Z"
    }
  }
}

variables {
  agent_id         = "agent"
  package_managers = { npm = "npm-virtual", go = "go-virtual", pypi = "pypi-virtual" }
}

run "start" {
  assert {
    condition     = data.registry_identity.owner[0].username == "jane" && data.registry_identity.owner[0].email == "jane@example.com"
    error_message = "the owner is looked up by name and address"
  }
  assert {
    condition     = data.registry_identity.owner[0].verify_email && data.registry_identity.owner[0].on_missing == "null" && !data.registry_identity.owner[0].scan
    error_message = "the address is verified, nobody is searched, a person without an account may start"
  }
  assert {
    condition     = registry_token.workspace[0].username == "jane" && registry_token.workspace[0].expires_in == "7d"
    error_message = "the token is for the account that was found"
  }
  assert {
    condition     = registry_token.workspace[0].description == "Coder workspace jane/dev, template docker v7"
    error_message = "the audit log needs workspace, owner and template version"
  }
  assert {
    condition     = registry_token.workspace[0].idempotency_key == "3f6d3c1e-0000-4000-8000-000000000001/registry" && registry_token.workspace[0].on_unreachable == "warn"
    error_message = "leftovers of this workspace are found again, and a dead registry holds up nothing"
  }
  assert {
    condition     = output.username == "jane" && output.expires_at == "2030-01-31T12:00:00Z" && output.token_id == "token-1"
    error_message = "outputs"
  }
  assert {
    condition     = module.workspace_clients[0].env_names.token == "WORKSPACE_REGISTRY_TOKEN" && output.env_names == module.workspace_clients[0].env_names
    error_message = "the variables of the workspace"
  }
  assert {
    condition     = alltrue([for text in values(module.workspace_clients[0].script_texts) : !strcontains(text, "jane") && !strcontains(text, "the-token") && strcontains(text, "registry_url='https://registry.example.com'")])
    error_message = "no script may carry a secret or an identity"
  }
}

run "everything_set" {
  variables {
    workspace_url  = "https://host.docker.internal:8443"
    registry_type  = "artifact_keeper"
    lifetime       = "1d"
    rotate_before  = "6h"
    scopes         = ["read:artifacts", "write:artifacts"]
    match          = ["email_local_part"]
    override       = { jane = "jd" }
    verify_email   = false
    scan           = true
    on_missing     = "error"
    instance       = "second"
    account_help   = "https://help.example.com"
    refresh_cron   = "0 0 * * * *"
    display_name   = "Packages"
    icon           = "/icon/box.svg"
    run_on_stop    = false
    ca_certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
  }

  assert {
    condition     = length(data.registry_server.this) == 0
    error_message = "with URL and type given there is nothing to ask"
  }
  assert {
    condition     = registry_token.workspace[0].scopes == toset(["read:artifacts", "write:artifacts"]) && registry_token.workspace[0].expires_in == "1d" && registry_token.workspace[0].rotate_before == "6h"
    error_message = "the token as asked for"
  }
  assert {
    condition     = endswith(registry_token.workspace[0].idempotency_key, "/second")
    error_message = "two instances in a workspace must not take each other's token for a leftover"
  }
  assert {
    condition     = data.registry_identity.owner[0].match == tolist(["email_local_part"]) && data.registry_identity.owner[0].override["jane"] == "jd" && !data.registry_identity.owner[0].verify_email && data.registry_identity.owner[0].scan && data.registry_identity.owner[0].on_missing == "error"
    error_message = "the identity as asked for"
  }
  assert {
    condition     = strcontains(module.workspace_clients[0].script_texts.start, "registry_url='https://host.docker.internal:8443'") && strcontains(module.workspace_clients[0].script_texts.start, "account_help='https://help.example.com'")
    error_message = "the workspace gets its own URL"
  }
  assert {
    condition     = output.scripts.start == "Packages" && output.scripts.stop == null
    error_message = "names of the scripts"
  }
}

run "owner_without_an_account" {
  override_data {
    target = data.registry_identity.owner
    values = {
      id                = null
      registry_username = null
    }
  }

  assert {
    condition     = length(registry_token.workspace) == 0 && output.username == null && output.expires_at == null && output.token_id == null
    error_message = "no account, no token"
  }
  assert {
    condition     = strcontains(module.workspace_clients[0].script_texts.start, "account_help='Ask the administrators")
    error_message = "the workspace starts all the same and says how to get one"
  }
}

run "template_import" {
  command = plan

  override_data {
    target = data.coder_workspace.me
    values = {
      id               = "3f6d3c1e-0000-4000-8000-000000000001"
      name             = "dev"
      transition       = "start"
      start_count      = 1
      prebuild_count   = 0
      is_prebuild      = false
      template_id      = ""
      template_name    = "docker"
      template_version = "v7"
    }
  }

  assert {
    condition     = length(data.registry_identity.owner) == 0 && length(registry_token.workspace) == 0 && length(module.workspace_clients) == 1
    error_message = "a template import looks nobody up and mints nothing"
  }
}

run "prebuild" {
  command = plan

  override_data {
    target = data.coder_workspace.me
    values = {
      id               = "3f6d3c1e-0000-4000-8000-000000000001"
      name             = "dev"
      transition       = "start"
      start_count      = 1
      prebuild_count   = 1
      is_prebuild      = true
      template_id      = "7a6d3c1e-0000-4000-8000-000000000002"
      template_name    = "docker"
      template_version = "v7"
    }
  }

  assert {
    condition     = length(data.registry_identity.owner) == 0 && length(registry_token.workspace) == 0 && length(module.workspace_clients) == 1
    error_message = "a prebuilt workspace has no owner yet, but everything else"
  }
}

run "claim" {
  override_data {
    target = data.coder_workspace.me
    values = {
      id                = "3f6d3c1e-0000-4000-8000-000000000001"
      name              = "dev"
      transition        = "start"
      start_count       = 1
      prebuild_count    = 0
      is_prebuild       = false
      template_id       = "7a6d3c1e-0000-4000-8000-000000000002"
      template_name     = "docker"
      template_version  = "v7"
      is_prebuild_claim = true
    }
  }

  assert {
    condition     = registry_token.workspace[0].username == "jane"
    error_message = "the claim mints the new owner's token"
  }
}

run "stop" {
  command = plan

  override_data {
    target = data.coder_workspace.me
    values = {
      id               = "3f6d3c1e-0000-4000-8000-000000000001"
      name             = "dev"
      transition       = "stop"
      start_count      = 0
      prebuild_count   = 0
      is_prebuild      = false
      template_id      = "7a6d3c1e-0000-4000-8000-000000000002"
      template_name    = "docker"
      template_version = "v7"
    }
  }

  assert {
    condition     = length(data.registry_identity.owner) == 0 && length(data.registry_server.this) == 0
    error_message = "a stop reads nothing from the registry, or a dead one would block it"
  }
  assert {
    condition     = length(registry_token.workspace) == 0 && length(module.workspace_clients) == 0 && output.scripts == null && output.status_file == null
    error_message = "a stop takes the token away"
  }
}

run "token_without_an_end" {
  command = plan

  variables {
    lifetime = "never"
  }

  expect_failures = [var.lifetime]
}

run "unknown_on_missing" {
  command = plan

  variables {
    on_missing = "warn"
  }

  expect_failures = [var.on_missing]
}

run "counted_start" {
  command = plan

  module {
    source = "./tests/template"
  }

  assert {
    condition     = length(output.usernames) == 1
    error_message = "the module must work under count"
  }
}

run "counted_stop" {
  command = plan

  module {
    source = "./tests/template"
  }

  override_data {
    target = data.coder_workspace.me
    values = {
      transition  = "stop"
      start_count = 0
    }
  }

  assert {
    condition     = length(output.usernames) == 0
    error_message = "a stopped workspace has no token"
  }
}

run "scopes" {
  variables {
    scopes = ["applied-permissions/user", "applied-permissions/groups:\"Dev Team\",readers", "artifact:npm-*:r,w"]
  }

  assert {
    condition     = length(registry_token.workspace[0].scopes) == 3
    error_message = "each element is one scope"
  }
}

run "two_scopes_in_one" {
  command = plan

  variables {
    scopes = ["applied-permissions/user applied-permissions/admin"]
  }

  expect_failures = [var.scopes]
}

run "blank_before_a_scope" {
  command = plan

  variables {
    scopes = [" applied-permissions/user"]
  }

  expect_failures = [var.scopes]
}

run "line_end_in_a_scope" {
  command = plan

  variables {
    scopes = ["applied-permissions/user\n"]
  }

  expect_failures = [var.scopes]
}

run "tab_in_a_scope" {
  command = plan

  variables {
    scopes = ["applied-permissions/user\tapplied-permissions/admin"]
  }

  expect_failures = [var.scopes]
}

run "no_break_space_in_a_scope" {
  command = plan

  variables {
    scopes = ["applied-permissions/user\u00a0applied-permissions/admin"]
  }

  expect_failures = [var.scopes]
}

run "invisible_space_in_a_scope" {
  command = plan

  variables {
    scopes = ["applied-permissions/user\u200bapplied-permissions/admin"]
  }

  expect_failures = [var.scopes]
}

run "open_quote_in_a_scope" {
  command = plan

  variables {
    scopes = ["applied-permissions/groups:\"readers"]
  }

  expect_failures = [var.scopes]
}

run "escaped_quote_in_a_scope" {
  command = plan

  variables {
    scopes = ["applied-permissions/groups:\"a\\\" applied-permissions/admin\""]
  }

  expect_failures = [var.scopes]
}

run "empty_scope" {
  command = plan

  variables {
    scopes = [""]
  }

  expect_failures = [var.scopes]
}
