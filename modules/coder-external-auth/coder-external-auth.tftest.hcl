# What the Coder server is told, in every form.

variables {
  coder_url = "https://coder.example.com/"
  auth_providers = [
    { id = "jfrog", type = "jfrog", url = "https://registry.example.com/artifactory/", client_id = "coder-app" },
    {
      id                = "work-gitlab", type = "gitlab", url = "https://example.com/tools/gitlab", client_id = "abc", regex = "^(https?://)?example\\.com/tools/gitlab(/.*)?$"
      scopes            = ["write_repository", "read_api"]
      client_secret_ref = { name = "gitlab-app", key = "secret" }
    },
  ]
}

run "artifactory" {
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_0_ID"] == "jfrog" && output.environment["CODER_EXTERNAL_AUTH_0_TYPE"] == "jfrog" && output.environment["CODER_EXTERNAL_AUTH_0_CLIENT_ID"] == "coder-app"
    error_message = "id, type and client id"
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_0_AUTH_URL"] == "https://registry.example.com/ui/authorization"
    error_message = "the authorization page is beside /artifactory, not in it"
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_0_TOKEN_URL"] == "https://registry.example.com/access/api/v1/integrations/coder-app/token"
    error_message = "the integration's token endpoint"
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_0_VALIDATE_URL"] == "https://registry.example.com/access/api/v1/system/ping"
    error_message = "without a validate URL every token would pass for a good one"
  }
  assert {
    condition     = !contains(keys(output.environment), "CODER_EXTERNAL_AUTH_0_NO_REFRESH") && !contains(keys(output.environment), "CODER_EXTERNAL_AUTH_0_REGEX")
    error_message = "nothing that was not asked for"
  }
  assert {
    condition     = output.callback_urls == { jfrog = "https://coder.example.com/external-auth/jfrog/callback", work-gitlab = "https://coder.example.com/external-auth/work-gitlab/callback" }
    error_message = "one callback per provider, with its id in it"
  }
}

run "context_path_is_kept" {
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_1_AUTH_URL"] == "https://example.com/tools/gitlab/oauth/authorize" && output.environment["CODER_EXTERNAL_AUTH_1_TOKEN_URL"] == "https://example.com/tools/gitlab/oauth/token" && output.environment["CODER_EXTERNAL_AUTH_1_VALIDATE_URL"] == "https://example.com/tools/gitlab/oauth/token/info" && output.environment["CODER_EXTERNAL_AUTH_1_REVOKE_URL"] == "https://example.com/tools/gitlab/oauth/revoke"
    error_message = "Coder would make these from the host alone"
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_1_SCOPES"] == "write_repository read_api"
    error_message = "scopes are one word list"
  }
  assert {
    condition     = output.needs_premium && output.needs_http_path
    error_message = "two providers need a licence, a regex with a path needs a git setting"
  }
}

run "no_secret_in_any_form" {
  assert {
    condition     = length([for name in keys(output.environment) : name if endswith(name, "_CLIENT_SECRET")]) == 0
    error_message = "the map has no secrets"
  }
  assert {
    condition     = strcontains(output.dotenv, "\nCODER_EXTERNAL_AUTH_0_CLIENT_SECRET='REPLACE_WITH_THE_CLIENT_SECRET_OF_jfrog'\n")
    error_message = "a placeholder that nobody takes for a secret"
  }
  assert {
    condition = [for e in yamldecode(output.helm_values).coder.env : e.valueFrom.secretKeyRef if endswith(e.name, "_CLIENT_SECRET")] == [
      { name = "coder-external-auth", key = "jfrog" }, { name = "gitlab-app", key = "secret" },
    ]
    error_message = "references to Kubernetes Secrets"
  }
  assert {
    condition     = output.client_secrets["CODER_EXTERNAL_AUTH_1_CLIENT_SECRET"] == { id = "work-gitlab", secret_name = "gitlab-app", secret_key = "secret" }
    error_message = "what is left to fill in"
  }
}

run "the_three_forms_agree" {
  assert {
    condition     = { for e in yamldecode(output.helm_values).coder.env : e.name => e.value if can(e.value) } == { for name, value in output.environment : name => value }
    error_message = "Helm values and map differ"
  }
  assert {
    condition     = { for line in regexall("(?m)^(CODER_[A-Z0-9_]+)='([^']*)'$", output.dotenv) : line[0] => line[1] if !endswith(line[0], "_CLIENT_SECRET") } == { for name, value in output.environment : name => value }
    error_message = "dotenv and map differ"
  }
  assert {
    condition     = strcontains(output.dotenv, "# jfrog: paste https://coder.example.com/external-auth/jfrog/callback ")
    error_message = "the callback stands where it is needed"
  }
}

run "github_enterprise_tokens_stay_at_home" {
  variables {
    auth_providers = [{ id = "ghe", type = "github", url = "https://github.example.com", client_id = "abc", regex = "^(https?://)?github\\.example\\.com(/.*)?$" }]
  }
  assert {
    condition     = alltrue([for name, value in output.environment : startswith(value, "https://github.example.com/") if endswith(name, "_URL")]) && length([for name in keys(output.environment) : name if endswith(name, "_URL")]) == 5
    error_message = "every URL that would default to github.com must be set, the ones for app installations and revocation included"
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_0_VALIDATE_URL"] == "https://github.example.com/api/v3/user" && output.environment["CODER_EXTERNAL_AUTH_0_REVOKE_URL"] == "https://github.example.com/api/v3/applications/abc/grant"
    error_message = "an enterprise server has its API below /api/v3"
  }
  assert {
    condition     = !output.needs_premium && !output.needs_http_path
    error_message = "one provider for a whole host needs neither"
  }
}

run "every_provider_of_the_guide" {
  variables {
    auth_providers = [
      { id = "github", type = "github", client_id = "a", regex = "^(https?://)?github\\.com/acme(/.*)?$" },
      { id = "github-other", type = "github", url = "https://github.com", client_id = "b", regex = null },
      { id = "gitlab", type = "gitlab", client_id = "c" },
      { id = "bitbucket", type = "bitbucket-cloud", client_id = "d" },
      { id = "stash", type = "bitbucket-server", url = "https://bitbucket.example.com", client_id = "e", regex = "bitbucket\\.example\\.com" },
      { id = "gitea", type = "gitea", url = "https://gitea.example.com", client_id = "f", regex = "gitea\\.example\\.com" },
      { id = "azure", type = "azure-devops-entra", tenant_id = "7a6d3c1e-0000-4000-8000-000000000002", client_id = "g", scopes = ["vso.code_write"] },
      { id = "calendar", type = "generic", client_id = "h", auth_url = "https://sso.example.com/authorize", token_url = "https://sso.example.com/token", validate_url = "https://sso.example.com/userinfo", display_name = "Calendar" },
    ]
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_4_AUTH_URL"] == "https://bitbucket.example.com/rest/oauth2/latest/authorize" && output.environment["CODER_EXTERNAL_AUTH_4_VALIDATE_URL"] == "https://bitbucket.example.com/rest/api/latest/inbox/pull-requests/count"
    error_message = "Bitbucket Server"
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_5_TOKEN_URL"] == "https://gitea.example.com/login/oauth/access_token"
    error_message = "Gitea"
  }
  assert {
    condition     = output.environment["CODER_EXTERNAL_AUTH_6_AUTH_URL"] == "https://login.microsoftonline.com/7a6d3c1e-0000-4000-8000-000000000002/oauth2/authorize"
    error_message = "Entra"
  }
  assert {
    condition     = length([for name in keys(output.environment) : name if can(regex("^CODER_EXTERNAL_AUTH_[0123]_.*URL$", name))]) == 0
    error_message = "Coder knows the public services"
  }
  assert {
    condition     = length(output.callback_urls) == 8 && output.environment["CODER_EXTERNAL_AUTH_7_DISPLAY_NAME"] == "Calendar"
    error_message = "all eight, in their order"
  }
}

run "two_azures" {
  variables {
    auth_providers = [{ id = "azure", type = "azure-devops", client_id = "g" }]
  }
  assert {
    condition     = output.environment == tomap({ CODER_EXTERNAL_AUTH_0_ID = "azure", CODER_EXTERNAL_AUTH_0_TYPE = "azure-devops", CODER_EXTERNAL_AUTH_0_CLIENT_ID = "g" })
    error_message = "classic Azure DevOps needs no more"
  }
}

run "kubernetes_expands_nothing" {
  variables {
    auth_providers = [{ id = "gitea", type = "gitea", url = "https://gitea.example.com", client_id = "f", regex = "gitea\\.example\\.com$(X)" }]
  }
  assert {
    condition     = contains([for e in yamldecode(output.helm_values).coder.env : try(e.value, "")], "gitea\\.example\\.com$$(X)")
    error_message = "$(X) would become the value of a variable X"
  }
}
