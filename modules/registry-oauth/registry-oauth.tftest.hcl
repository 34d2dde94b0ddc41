# What a template import, a start, a prebuild and a stop look like. What the scripts do is tested in internal/modules.

mock_provider "coder" {
  mock_data "coder_workspace" {
    defaults = {
      id             = "3f6d3c1e-0000-4000-8000-000000000001"
      name           = "dev"
      access_url     = "https://coder.example.com/"
      transition     = "start"
      start_count    = 1
      prebuild_count = 0
      template_id    = "7a6d3c1e-0000-4000-8000-000000000002"
    }
  }
  mock_data "coder_external_auth" {
    defaults = {
      access_token = "a-token-that-nobody-should-read"
    }
  }
}

variables {
  agent_id         = "agent"
  registry_url     = "https://registry.example.com"
  package_managers = { npm = "npm-virtual", go = "go-virtual", pypi = "pypi-virtual" }
}

run "start" {
  assert {
    condition     = length(data.coder_external_auth.registry) == 0
    error_message = "a build must not read the token: it would be in plan and state"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "token_source='external-auth'") && strcontains(output.script_texts.start, "external_auth='jfrog'")
    error_message = "the workspace fetches the token"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "https://coder.example.com/external-auth/jfrog (no restart is needed)") && output.link_url == "https://coder.example.com/external-auth/jfrog"
    error_message = "an owner without a link has to be told where to get one"
  }
  assert {
    condition     = output.client_variables.NPM_CONFIG_GLOBALCONFIG == "$HOME/.coder-modules/registry-identity/workspace-clients/secrets/npmrc" && length(setintersection(keys(output.client_variables), ["NETRC", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX"])) == 0
    error_message = "no netrc and no index: the token would be in a file, the user's name in a variable"
  }
}

run "template_import" {
  override_data {
    target = data.coder_workspace.me
    values = {
      access_url     = "https://coder.example.com"
      transition     = "start"
      start_count    = 1
      prebuild_count = 0
      template_id    = ""
    }
  }

  assert {
    condition     = data.coder_external_auth.registry[0].id == "jfrog" && data.coder_external_auth.registry[0].optional
    error_message = "Coder learns at import that it has to ask for the link"
  }
}

run "link_demanded" {
  override_data {
    target = data.coder_workspace.me
    values = {
      access_url     = "https://coder.example.com"
      transition     = "start"
      start_count    = 1
      prebuild_count = 0
      template_id    = ""
    }
  }

  variables {
    external_auth_id = "my-registry"
    optional         = false
  }

  assert {
    condition     = data.coder_external_auth.registry[0].id == "my-registry" && !data.coder_external_auth.registry[0].optional
    error_message = "optional is passed through"
  }
}

run "nobody_is_asked" {
  override_data {
    target = data.coder_workspace.me
    values = {
      access_url     = "https://coder.example.com"
      transition     = "start"
      start_count    = 1
      prebuild_count = 0
      template_id    = ""
    }
  }

  variables {
    ask_for_link = false
  }

  assert {
    condition     = length(data.coder_external_auth.registry) == 0
    error_message = "asked although ask_for_link is false"
  }
}

run "everything_set" {
  variables {
    username         = "jane@example.com"
    on_mismatch      = "warn"
    instance         = "second"
    account_help     = "https://help.example.com"
    refresh_cron     = "0 0 * * * *"
    display_name     = "Packages"
    icon             = "/icon/box.svg"
    run_on_stop      = false
    allow_plain_http = true
    registry_url     = "http://host.docker.internal:8081/artifactory"
    package_managers = { npm = "npm-virtual" }
    ca_certificate   = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
  }

  assert {
    condition     = strcontains(output.script_texts.start, "on_mismatch='warn'") && strcontains(output.script_texts.start, "account_help='https://help.example.com'")
    error_message = "passed through"
  }
  assert {
    condition     = output.scripts.stop == null && output.scripts.start == "Packages" && output.env_names.user == "WORKSPACE_SECOND_USER"
    error_message = "passed through"
  }
  assert {
    condition     = !strcontains(output.script_texts.start, "jane")
    error_message = "the expected user travels by environment, not in a script"
  }
}

run "stop" {
  override_data {
    target = data.coder_workspace.me
    values = {
      access_url     = "https://coder.example.com"
      transition     = "stop"
      start_count    = 0
      prebuild_count = 0
      template_id    = "7a6d3c1e-0000-4000-8000-000000000002"
    }
  }

  assert {
    condition     = output.scripts == null && length(data.coder_external_auth.registry) == 0
    error_message = "a stopped workspace needs nothing"
  }
}

run "prebuild" {
  override_data {
    target = data.coder_workspace.me
    values = {
      access_url     = "https://coder.example.com/"
      transition     = "start"
      start_count    = 1
      prebuild_count = 1
      template_id    = "7a6d3c1e-0000-4000-8000-000000000002"
    }
  }

  variables {
    username = "prebuilds"
  }

  assert {
    condition     = alltrue([for text in values(output.script_texts) : !strcontains(text, "prebuilds")]) && length(data.coder_external_auth.registry) == 0
    error_message = "a claim must change no script"
  }
}

run "artifact_keeper" {
  command = plan

  variables {
    registry_type = "artifact_keeper"
  }

  expect_failures = [var.registry_type]
}

run "unknown_registry" {
  command = plan

  variables {
    registry_type = "nexus"
  }

  expect_failures = [var.registry_type]
}

run "id_with_a_slash" {
  command = plan

  variables {
    external_auth_id = "jfrog/../other"
  }

  expect_failures = [var.external_auth_id]
}

run "id_that_looks_like_an_option" {
  command = plan

  variables {
    external_auth_id = "--extra"
  }

  expect_failures = [var.external_auth_id]
}

run "unknown_on_mismatch" {
  command = plan

  variables {
    on_mismatch = "ignore"
  }

  expect_failures = [var.on_mismatch]
}

run "counted_start" {
  command = plan

  module {
    source = "./tests/template"
  }

  assert {
    condition     = output.texts != null
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
    condition     = output.texts == null
    error_message = "a stopped workspace has no scripts"
  }
}
