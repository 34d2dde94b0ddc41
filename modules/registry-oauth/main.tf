data "coder_workspace" "me" {}

locals {
  workspace = data.coder_workspace.me
  starting  = local.workspace.transition == "start"
  # The template id is empty while a template is imported.
  importing = local.workspace.template_id == ""

  link_url = "${trimsuffix(local.workspace.access_url, "/")}/external-auth/${var.external_auth_id}"
}

# Coder asks for the link when a workspace is created if the template's import has shown this data source. In a build it would
# put the token into plan and state, where nobody needs it: the workspace fetches its own.
data "coder_external_auth" "registry" {
  count = var.ask_for_link && local.importing ? 1 : 0

  id       = var.external_auth_id
  optional = var.optional
}

module "workspace_clients" {
  source = "../workspace-clients"
  count  = local.starting ? 1 : 0

  agent_id         = var.agent_id
  registry_url     = var.registry_url
  registry_type    = "artifactory"
  package_managers = var.package_managers
  instance         = var.instance
  token_source     = "external-auth"
  external_auth_id = var.external_auth_id
  # A prebuilt workspace has no owner yet.
  user               = local.workspace.prebuild_count == 0 ? var.username : null
  on_mismatch        = var.on_mismatch
  ca_certificate     = var.ca_certificate
  allow_plain_http   = var.allow_plain_http
  account_help       = coalesce(var.account_help, "Link your registry account: ${local.link_url} (no restart is needed).")
  start_blocks_login = var.start_blocks_login
  refresh_cron       = var.refresh_cron
  run_on_stop        = var.run_on_stop
  display_name       = var.display_name
  icon               = var.icon
}
