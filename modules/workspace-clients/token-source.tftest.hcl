# Where the token may come from, and what is refused.

mock_provider "coder" {}

variables {
  agent_id         = "agent"
  registry_url     = "https://registry.example.com"
  registry_type    = "artifactory"
  package_managers = { npm = "npm-virtual" }
}

run "unknown_token_source" {
  command = plan

  variables {
    token_source = "keychain"
  }

  expect_failures = [var.token_source]
}

run "external_auth_without_an_id" {
  command = plan

  variables {
    token_source = "external-auth"
  }

  expect_failures = [coder_script.start]
}

run "external_auth_of_artifact_keeper" {
  command = plan

  variables {
    registry_type    = "artifact_keeper"
    token_source     = "external-auth"
    external_auth_id = "keeper"
  }

  expect_failures = [coder_script.start]
}

run "external_auth_id_with_a_line_break" {
  command = plan

  variables {
    token_source     = "external-auth"
    external_auth_id = "jfrog\nsource env"
  }

  expect_failures = [var.external_auth_id]
}

run "external_auth_over_plain_http" {
  command = plan

  variables {
    token_source     = "external-auth"
    external_auth_id = "jfrog"
    registry_url     = "http://registry.example.com"
    allow_plain_http = true
    package_managers = { go = "go-virtual" }
  }

  expect_failures = [coder_script.start]
}
