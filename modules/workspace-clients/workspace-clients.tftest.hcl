# The shape of what the module gives to Coder. What the scripts do in a workspace is tested in internal/modules.

mock_provider "coder" {}

variables {
  agent_id         = "agent"
  registry_url     = "https://registry.example.com"
  registry_type    = "artifactory"
  package_managers = { npm = "npm-virtual" }
  user             = "jane@example.com"
  token            = "the-token-of-jane"
  token_expires_at = "2030-01-31T12:00:00Z"
}

run "one_repository" {
  command = plan

  assert {
    condition     = strcontains(output.script_texts.start, "npm_registry='https://registry.example.com/artifactory/api/npm/npm-virtual/'")
    error_message = "the npm registry must end in a slash"
  }
  assert {
    condition     = coder_script.start.run_on_start && coder_script.start.start_blocks_login
    error_message = "nobody should log in before the clients work"
  }
  assert {
    condition     = coder_script.refresh.cron == "0 */15 * * * *" && coder_script.stop[0].run_on_stop
    error_message = "refresh runs by cron, clean-up on stop"
  }
  assert {
    condition     = alltrue([for text in values(output.script_texts) : !strcontains(text, "the-token-of-jane") && !strcontains(text, "jane@example.com")])
    error_message = "no script may carry the token or the user"
  }
  assert {
    condition     = alltrue([for text in values(output.script_texts) : length(text) < 131072 && startswith(text, "#!/bin/sh\n")])
    error_message = "the agent passes a script as one argument, and the image may have no bash"
  }
  assert {
    condition     = coder_env.user.value == "jane@example.com" && nonsensitive(coder_env.token.value) == "the-token-of-jane" && coder_env.expires_at.value == "2030-01-31T12:00:00Z"
    error_message = "user, token and expiry travel by environment"
  }
  assert {
    condition     = coder_env.token.name == "WORKSPACE_REGISTRY_TOKEN" && output.env_names.token == coder_env.token.name && !startswith(coder_env.token.name, "REGISTRY_")
    error_message = "REGISTRY_* belongs to the Terraform provider"
  }
  assert {
    condition     = length(coder_env.client) == 0
    error_message = "npm needs no variable of its own"
  }
  assert {
    condition     = output.status_file == "$HOME/.coder-modules/registry-identity/workspace-clients/registry.status"
    error_message = "status file is in the module's data folder"
  }
}

run "all_shapes_artifactory" {
  command = plan

  variables {
    registry_url = "https://Example.com:443/tools/artifactory/"
    package_managers = {
      npm  = ["npm-virtual", "@acme:npm-private", "@acme-labs:npm-labs"]
      go   = { repositories = ["go-private", "go-virtual"], fallback = "direct", no_sum_db = ["example.com/*", "corp.example.com"] }
      pypi = { repositories = "pypi-virtual" }
    }
  }

  assert {
    condition     = strcontains(output.script_texts.start, "npm_scopes='@acme https://example.com/tools/artifactory/api/npm/npm-private/\n@acme-labs https://example.com/tools/artifactory/api/npm/npm-labs/'")
    error_message = "scoped repositories, host in lower case, default port dropped, final /artifactory not doubled"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "go_proxy='https://example.com/tools/artifactory/api/go/go-private,https://example.com/tools/artifactory/api/go/go-virtual,direct'")
    error_message = "Go proxies in order, then the fallback"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "go_no_sum_db='example.com/*,corp.example.com'")
    error_message = "patterns for GONOSUMDB"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "pypi_index='https://example.com/tools/artifactory/api/pypi/pypi-virtual/simple'") && coder_env.client["PIP_INDEX_URL"].value == "https://example.com/tools/artifactory/api/pypi/pypi-virtual/simple"
    error_message = "pip index"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "registry_host='example.com'\nregistry_name='example.com'")
    error_message = "netrc hosts"
  }
  assert {
    condition     = join(" ", keys(coder_env.client)) == "NETRC PIP_INDEX_URL POETRY_REPOSITORIES_REGISTRY_URL TWINE_REPOSITORY UV_DEFAULT_INDEX" && coder_env.client["NETRC"].value == "$HOME/.coder-modules/registry-identity/workspace-clients/secrets/netrc"
    error_message = "what clients read from the environment"
  }
}

run "all_shapes_artifact_keeper" {
  command = plan

  variables {
    registry_url     = "https://registry.example.com:8443/keeper"
    registry_type    = "artifact_keeper"
    package_managers = { npm = { repositories = ["@acme:npm-private"] }, go = "go-virtual", pypi = ["pypi-virtual"] }
  }

  assert {
    condition     = strcontains(output.script_texts.start, "npm_registry=''\nnpm_scopes='@acme https://registry.example.com:8443/keeper/npm/npm-private/'")
    error_message = "a scope alone leaves the default registry to the user"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "go_proxy='https://registry.example.com:8443/keeper/go/go-virtual,off'")
    error_message = "nothing is fetched from elsewhere unless asked for"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "pypi_index='https://registry.example.com:8443/keeper/pypi/pypi-virtual/simple/'")
    error_message = "pip index"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "token_user='__token__'") && strcontains(output.script_texts.start, "registry_host='registry.example.com:8443'\nregistry_name='registry.example.com'")
    error_message = "Artifact Keeper wants __token__ as user name"
  }
}

run "more_ecosystems_artifactory" {
  command = plan

  variables {
    package_managers = {
      cargo  = ["Cargo.Virtual", "cargo-private"]
      conda  = ["conda-virtual", "conda-private"]
      docker = ["docker-virtual", "mirror.example.org:5000"]
      maven  = "maven-virtual"
    }
  }

  assert {
    condition     = coder_env.client["CARGO_REGISTRIES_CARGO_VIRTUAL_INDEX"].value == "sparse+https://registry.example.com/artifactory/api/cargo/Cargo.Virtual/index/" && coder_env.client["CARGO_REGISTRY_DEFAULT"].value == "cargo-virtual"
    error_message = "cargo's registries, named after their keys"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "conda_alias='https://registry.example.com/artifactory/api/conda'") && strcontains(output.script_texts.start, "conda_urls='https://registry.example.com/artifactory/api/conda/conda-virtual\nhttps://registry.example.com/artifactory/api/conda/conda-private'")
    error_message = "conda's channels"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "docker_hosts='registry.example.com mirror.example.org:5000'") && strcontains(output.script_texts.start, "docker https://mirror.example.org:5000\n")
    error_message = "the registry's host, and what looks like a host as in other modules for Coder"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "maven_mirror_of='*'") && strcontains(output.script_texts.start, "maven_urls='https://registry.example.com/artifactory/maven-virtual'")
    error_message = "Maven's mirror"
  }
}

run "more_ecosystems_artifact_keeper" {
  command = plan

  variables {
    registry_type = "artifact_keeper"
    package_managers = {
      cargo  = { repositories = ["cargo-private"], crates_io = true }
      conda  = "conda-private"
      docker = { repositories = "docker-private", hosts = ["docker.example.com"] }
      maven  = { repositories = ["maven-private"], mirror_of = "*,!local" }
    }
  }

  assert {
    condition     = coder_env.client["CARGO_REGISTRIES_CARGO_PRIVATE_INDEX"].value == "sparse+https://registry.example.com/cargo/cargo-private/" && strcontains(output.script_texts.start, "cargo_crates_io='yes'")
    error_message = "cargo's registry"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "conda_urls='https://registry.example.com/conda/conda-private'") && strcontains(output.script_texts.start, "maven_urls='https://registry.example.com/maven/maven-private'")
    error_message = "addresses on Artifact Keeper"
  }
  assert {
    condition     = strcontains(output.script_texts.start, "docker_hosts='registry.example.com docker.example.com'") && strcontains(output.script_texts.start, "maven_mirror_of='*,!local'")
    error_message = "options"
  }
}

run "everybody_gets_the_same_bytes" {
  command = plan

  module {
    source = "./tests/two-owners"
  }

  variables {
    package_managers = { npm = "npm-virtual", go = "go-virtual", pypi = "pypi-virtual" }
  }

  assert {
    condition     = output.jane == output.bob && length(output.jane) == 3
    error_message = "the scripts must be identical for every user, with and without a token"
  }
}

run "nulls_mean_nothing" {
  command = plan

  variables {
    package_managers = { npm = null, go = [], pypi = "pypi-virtual" }
    user             = null
    token            = null
    token_expires_at = null
    run_on_stop      = false
  }

  assert {
    condition     = strcontains(output.script_texts.start, "npm_registry=''") && strcontains(output.script_texts.start, "go_proxy=''")
    error_message = "null and an empty list leave a package manager out"
  }
  assert {
    condition     = coder_env.user.value == "" && output.scripts.stop == null
    error_message = "null credentials are empty ones, and there is no clean-up script"
  }
}

run "certificate_and_instance" {
  command = plan

  variables {
    instance         = "second-one"
    package_managers = { go = "go-virtual" }
    ca_certificate   = "junk\r\n-----BEGIN CERTIFICATE-----\r\nMIIB\r\n-----END CERTIFICATE-----\r\n-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"
  }

  assert {
    condition     = strcontains(output.script_texts.start, "ca_1='-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'\nca_2=") && strcontains(output.script_texts.start, "ca_count='2'")
    error_message = "each certificate on its own, without what stood around it"
  }
  assert {
    condition     = coder_env.client["SSL_CERT_DIR"].value == "/etc/ssl/certs:/etc/pki/tls/certs:$HOME/.coder-modules/registry-identity/workspace-clients/ca"
    error_message = "Go takes a certificate authority only from the environment"
  }
  assert {
    condition     = output.env_names == { user = "WORKSPACE_SECOND_ONE_USER", token = "WORKSPACE_SECOND_ONE_TOKEN", expires_at = "WORKSPACE_SECOND_ONE_TOKEN_EXPIRES_AT" }
    error_message = "the variables are named after the instance"
  }
  assert {
    condition     = output.status_file == "$HOME/.coder-modules/registry-identity/workspace-clients/second-one.status"
    error_message = "the status file is named after the instance"
  }
}

run "free_text_cannot_leave_its_quotes" {
  command = plan

  variables {
    account_help = "it's $(touch /tmp/x) `id` \"$HOME\"\nsecond line"
  }

  assert {
    condition     = strcontains(output.script_texts.start, "account_help='it'\\''s $(touch /tmp/x) `id` \"$HOME\"\nsecond line'")
    error_message = "free text must stay in single quotes"
  }
}

run "plain_http_by_choice" {
  command = plan

  variables {
    registry_url     = "http://registry.internal:8081"
    allow_plain_http = true
    package_managers = { npm = "npm-virtual", pypi = "pypi-virtual" }
  }

  assert {
    condition     = coder_env.client["PIP_TRUSTED_HOST"].value == "registry.internal:8081"
    error_message = "pip must be told that plain http is meant"
  }
}
