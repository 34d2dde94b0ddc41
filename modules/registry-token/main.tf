data "coder_workspace" "me" {}

data "coder_workspace_owner" "me" {}

locals {
  workspace = data.coder_workspace.me
  owner     = data.coder_workspace_owner.me

  # A stop or delete build reads nothing from the registry, or a dead one would block it.
  starting = local.workspace.transition == "start"
  # A prebuilt workspace has no owner yet, and the template id is empty while a template is imported.
  has_owner = local.starting && local.workspace.prebuild_count == 0 && local.workspace.template_id != ""

  ask_server    = local.starting && (var.workspace_url == null || var.registry_type == null)
  server        = one(data.registry_server.this)
  workspace_url = var.workspace_url != null ? var.workspace_url : try(local.server.url, null)
  registry_type = var.registry_type != null ? var.registry_type : try(local.server.type, null)

  # Null when the owner has no account.
  username = one(data.registry_identity.owner[*].registry_username)
  token    = one(registry_token.workspace)
}

data "registry_server" "this" {
  count = local.ask_server ? 1 : 0

  # Type and URL are all that is needed, and the provider often knows both without a request.
  ask = false
}

data "registry_identity" "owner" {
  count = local.has_owner ? 1 : 0

  username     = local.owner.name
  email        = local.owner.email
  match        = var.match
  override     = var.override
  verify_email = var.verify_email
  scan         = var.scan
  on_missing   = var.on_missing
}

resource "registry_token" "workspace" {
  count = local.username == null ? 0 : 1

  username      = local.username
  scopes        = var.scopes
  expires_in    = var.lifetime
  rotate_before = var.rotate_before

  # For the reader of the registry's audit log.
  description = "Coder workspace ${local.owner.name}/${local.workspace.name}, template ${local.workspace.template_name} ${local.workspace.template_version}"
  # A build that was killed leaves a token behind; the next one finds it by this and revokes it.
  idempotency_key = "${local.workspace.id}/${var.instance}"
  # The token has an end, so a registry that is down may not hold up a stop.
  on_unreachable = "warn"
}

module "workspace_clients" {
  source = "../workspace-clients"
  count  = local.starting ? 1 : 0

  agent_id           = var.agent_id
  registry_url       = local.workspace_url
  registry_type      = local.registry_type
  package_managers   = var.package_managers
  instance           = var.instance
  user               = local.username
  token              = try(local.token.access_token, null)
  token_expires_at   = try(local.token.expires_at, null)
  ca_certificate     = var.ca_certificate
  allow_plain_http   = var.allow_plain_http
  account_help       = var.account_help
  start_blocks_login = var.start_blocks_login
  refresh_cron       = var.refresh_cron
  run_on_stop        = var.run_on_stop
  display_name       = var.display_name
  icon               = var.icon
}
