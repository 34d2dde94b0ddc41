locals {
  # Everything this module keeps in the workspace. The same text is in scripts/common.sh.
  data_dir = "$HOME/.coder-modules/registry-identity/workspace-clients"

  # Not REGISTRY_*, which configures the Terraform provider.
  env_prefix = "WORKSPACE_${upper(replace(var.instance, "-", "_"))}"
  env_names = {
    user       = "${local.env_prefix}_USER"
    token      = "${local.env_prefix}_TOKEN"
    expires_at = "${local.env_prefix}_TOKEN_EXPIRES_AT"
  }

  certificates = regexall("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----", replace(var.ca_certificate, "\r", ""))

  # Clients that can ask for a credential at each use do so when it changes while the workspace runs.
  per_use = var.token_source == "external-auth"

  # No secret and no identity in here: the text must be the same for every user.
  settings = merge(
    {
      instance        = var.instance
      registry_url    = local.base_url
      registry_type   = var.registry_type
      registry_host   = local.host
      registry_name   = local.hostname
      token_source    = var.token_source
      external_auth   = var.external_auth_id
      on_mismatch     = var.on_mismatch
      token_user      = var.registry_type == "artifact_keeper" ? "__token__" : ""
      user_variable   = local.env_names.user
      token_variable  = local.env_names.token
      expiry_variable = local.env_names.expires_at
      account_help    = var.account_help
      ca_count        = tostring(length(local.certificates))
      netrc           = anytrue([for client in local.wanted_clients : client.netrc]) ? "yes" : "no"
      ecosystems      = join(" ", local.script_ecosystems)
      urls = join("", flatten(concat(
        [for name, list in local.repositories : [for r in list : "${name} ${r.url}\n"]],
        [for host in local.docker_hosts : "docker ${local.scheme}://${host}\n" if host != local.host],
      )))
      fronts             = join("", concat(["${var.instance}-doctor doctor\n"], flatten([for client in local.wanted_clients : [for front, protocol in client.fronts : "${front} ${protocol}\n"]])))
      credential_program = join("\n", [for name in local.program_files : file("${path.module}/scripts/${name}.sh")])
    },
    { for name, list in local.client_repositories : "${name}_urls" => join("\n", distinct([for r in list : r.url])) },
    { for number, certificate in local.certificates : "ca_${number + 1}" => certificate },
    local.ecosystem_settings,
  )
  # In single quotes the shell expands nothing; only the quote itself needs care.
  settings_text = join("\n", [for name, value in local.settings : "${name}='${replace(value, "'", "'\\''")}'"])

  script_files  = concat(["common", "percent", "files", "lock", "time", "owner", "token-file", "secrets", "credentials", "program", "certificates"], local.script_ecosystems, ["main"])
  program_files = ["lock", "time", "owner", "percent", "token-file", "program/json", "program/token", "program/address", "program/fronts", "program/doctor", "program/main"]
  script_texts = {
    for mode in ["start", "refresh", "stop"] : mode => join("\n", concat(
      ["#!/bin/sh", "mode='${mode}'", local.settings_text],
      [for name in local.script_files : file("${path.module}/scripts/${name}.sh")],
    ))
  }
  # The agent passes a script as one argument, and Linux takes no longer one.
  script_size_limit = 131072
  script_size       = max([for text in values(local.script_texts) : length(base64encode(text)) / 4 * 3]...)

  # What clients take from the environment, the same for every user. The agent expands $HOME in the values.
  client_variables = merge(concat(
    [for client in local.wanted_clients : client.variables],
    [
      local.settings.netrc == "yes" ? { NETRC = "${local.data_dir}/secrets/netrc" } : {},
      # Go can be told about a certificate authority in no other way. Adding a folder takes nothing away from other
      # programs, while SSL_CERT_FILE with a missing file breaks them. The first two are the systems' own folders.
      length(local.certificates) > 0 ? { SSL_CERT_DIR = "/etc/ssl/certs:/etc/pki/tls/certs:${local.data_dir}/ca" } : {},
    ],
  )...)
}

resource "coder_script" "start" {
  agent_id           = var.agent_id
  display_name       = var.display_name
  icon               = var.icon
  script             = local.script_texts.start
  run_on_start       = true
  start_blocks_login = var.start_blocks_login
  timeout            = 120

  lifecycle {
    precondition {
      condition     = length(local.problems) == 0
      error_message = join("\n", local.problems)
    }
    precondition {
      condition     = !local.per_use || (var.registry_type == "artifactory" && var.external_auth_id != "")
      error_message = var.registry_type == "artifactory" ? "token_source = \"external-auth\" needs external_auth_id." : "Artifact Keeper is no authorization server, so Coder's external authentication cannot have tokens for it. Use the registry-token module."
    }
    precondition {
      condition     = local.script_size < local.script_size_limit
      error_message = "The script would be ${local.script_size} bytes, and the agent can start none of ${local.script_size_limit} or more: shorten ca_certificate or account_help."
    }
  }
}

resource "coder_script" "refresh" {
  agent_id     = var.agent_id
  display_name = "${var.display_name} (refresh)"
  icon         = var.icon
  script       = local.script_texts.refresh
  cron         = var.refresh_cron
  timeout      = 120
}

resource "coder_script" "stop" {
  count = var.run_on_stop ? 1 : 0

  agent_id     = var.agent_id
  display_name = "${var.display_name} (clean up)"
  icon         = var.icon
  script       = local.script_texts.stop
  run_on_stop  = true
  timeout      = 20
}

# These three always exist, empty when there are no credentials: whether a token will be minted may not be known at plan.
resource "coder_env" "user" {
  agent_id = var.agent_id
  name     = local.env_names.user
  value    = var.user
}

resource "coder_env" "token" {
  agent_id = var.agent_id
  name     = local.env_names.token
  value    = var.token
}

resource "coder_env" "expires_at" {
  agent_id = var.agent_id
  name     = local.env_names.expires_at
  value    = var.token_expires_at
}

resource "coder_env" "client" {
  for_each = local.client_variables

  agent_id = var.agent_id
  name     = each.key
  value    = each.value
}
