# Every mistake is found at plan, with the reason; see problems.tf.

variables {
  coder_url = "https://coder.example.com"
}

run "duplicate_ids" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder" }, { id = "jfrog", type = "github", client_id = "b" }]
  }

  expect_failures = [output.environment]
}

run "artifactory_without_refresh" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder", no_refresh = true }]
  }

  expect_failures = [output.environment]
}

run "self_hosted_gitlab_without_regex" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", url = "https://gitlab.example.com", client_id = "a" }]
  }

  expect_failures = [output.environment]
}

run "self_hosted_github_without_regex" {
  command = plan

  variables {
    auth_providers = [{ id = "gh", type = "github", url = "https://github.example.com", client_id = "a" }]
  }

  expect_failures = [output.environment]
}

run "self_hosted_gitea_by_auth_url_without_regex" {
  command = plan

  variables {
    auth_providers = [{ id = "gt", type = "gitea", auth_url = "https://gitea.example.com/login/oauth/authorize", client_id = "a" }]
  }

  expect_failures = [output.environment]
}

run "context_path_in_auth_url_only" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", auth_url = "https://example.com/tools/registry/ui/authorization", client_id = "coder" }]
  }

  expect_failures = [output.environment]
}

run "github_enterprise_by_auth_url_only" {
  command = plan

  variables {
    auth_providers = [{ id = "gh", type = "github", auth_url = "https://github.example.com/login/oauth/authorize", client_id = "a", regex = "github\\.example\\.com" }]
  }

  expect_failures = [output.environment]
}

run "client_secret_as_a_value" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder", client_secret = "s3cr3t" }]
  }

  expect_failures = [output.environment]
}

run "misspelt_option" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder", scope = ["x"] }]
  }

  expect_failures = [output.environment]
}

run "artifact_keeper" {
  command = plan

  variables {
    auth_providers = [{ id = "ak", type = "artifact_keeper", url = "https://registry.example.com", client_id = "coder" }]
  }

  expect_failures = [output.environment]
}

run "unknown_type" {
  command = plan

  variables {
    auth_providers = [{ id = "x", type = "sourcehut", client_id = "coder" }]
  }

  expect_failures = [output.environment]
}

run "bad_id" {
  command = plan

  variables {
    auth_providers = [{ id = "my_jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder" }]
  }

  expect_failures = [output.environment]
}

run "without_id" {
  command = plan

  variables {
    auth_providers = [{ type = "jfrog", url = "https://registry.example.com", client_id = "coder" }]
  }

  expect_failures = [output.environment]
}

run "without_client_id" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com" }]
  }

  expect_failures = [output.environment]
}

run "artifactory_without_url" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", client_id = "coder" }]
  }

  expect_failures = [output.environment]
}

run "plain_http" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "http://registry.example.com", client_id = "coder" }]
  }

  expect_failures = [output.environment]
}

run "generic_without_validate_url" {
  command = plan

  variables {
    auth_providers = [{ id = "x", type = "generic", client_id = "a", auth_url = "https://sso.example.com/authorize", token_url = "https://sso.example.com/token" }]
  }

  expect_failures = [output.environment]
}

run "entra_without_tenant" {
  command = plan

  variables {
    auth_providers = [{ id = "az", type = "azure-devops-entra", client_id = "a" }]
  }

  expect_failures = [output.environment]
}

run "entra_with_another_path" {
  command = plan

  variables {
    auth_providers = [{ id = "az", type = "azure-devops-entra", client_id = "a", auth_url = "https://login.microsoftonline.com/common" }]
  }

  expect_failures = [output.environment]
}

run "broken_regex" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", regex = "(gitlab" }]
  }

  expect_failures = [output.environment]
}

run "regex_for_artifactory" {
  command = plan

  variables {
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder", regex = "registry" }]
  }

  expect_failures = [output.environment]
}

run "two_providers_for_the_same_host" {
  command = plan

  variables {
    auth_providers = [{ id = "a", type = "github", client_id = "a" }, { id = "b", type = "github", client_id = "b" }]
  }

  expect_failures = [output.environment]
}

run "scopes_as_one_text" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", scopes = "read_api write_repository" }]
  }

  expect_failures = [output.environment]
}

run "two_scopes_in_one" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", scopes = ["read_api write_repository"] }]
  }

  expect_failures = [output.environment]
}

run "no_break_space_in_a_scope" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", scopes = ["read_api\u00a0api"] }]
  }

  expect_failures = [output.environment]
}

run "vertical_tab_in_a_scope" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", scopes = ["read_api\u000bapi"] }]
  }

  expect_failures = [output.environment]
}

run "device_flow_without_its_url" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", device_flow = true }]
  }

  expect_failures = [output.environment]
}

run "quote_in_a_value" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", display_name = "Bob's" }]
  }

  expect_failures = [output.environment]
}

run "secret_reference_as_text" {
  command = plan

  variables {
    auth_providers = [{ id = "gl", type = "gitlab", client_id = "a", client_secret_ref = "gitlab" }]
  }

  expect_failures = [output.environment]
}

run "coder_below_a_path" {
  command = plan

  variables {
    coder_url      = "https://example.com/coder"
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder" }]
  }

  expect_failures = [var.coder_url]
}

run "coder_without_scheme" {
  command = plan

  variables {
    coder_url      = "coder.example.com"
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder" }]
  }

  expect_failures = [var.coder_url]
}

run "coder_by_plain_http" {
  command = plan

  variables {
    coder_url      = "http://coder.example.com"
    auth_providers = [{ id = "jfrog", type = "jfrog", url = "https://registry.example.com", client_id = "coder" }]
  }

  expect_failures = [var.coder_url]
}

run "no_provider" {
  command = plan

  variables {
    auth_providers = []
  }

  expect_failures = [var.auth_providers]
}

run "not_a_list" {
  command = plan

  variables {
    auth_providers = "jfrog"
  }

  expect_failures = [var.auth_providers]
}
