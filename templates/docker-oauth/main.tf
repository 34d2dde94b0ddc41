# A workspace in a Docker container whose package managers are signed in to Artifactory as the workspace's owner, by the
# account that the owner has linked in Coder. The workspace asks Coder for the token at use: none passes through Terraform, and
# no administrator's credential exists.

terraform {
  required_version = ">= 1.11"

  required_providers {
    coder = {
      source  = "coder/coder"
      version = ">= 2.5"
    }
    docker = {
      source  = "kreuzwerker/docker"
      version = ">= 4.6"
    }
  }
}

provider "coder" {}

provider "docker" {
  host = var.docker_host
}

data "coder_provisioner" "me" {}

data "coder_workspace" "me" {}

data "coder_workspace_owner" "me" {}

data "coder_parameter" "memory" {
  name         = "memory"
  display_name = "Memory"
  description  = "Memory limit of the container in GiB."
  type         = "number"
  form_type    = "radio"
  icon         = "/icon/memory.svg"
  default      = 4
  mutable      = true

  option {
    name  = "4 GiB"
    value = 4
  }
  option {
    name  = "8 GiB"
    value = 8
  }
}

data "coder_workspace_preset" "standard" {
  name    = "Standard"
  default = true
  parameters = {
    (data.coder_parameter.memory.name) = 4
  }

  dynamic "prebuilds" {
    for_each = var.prebuilt_workspaces > 0 ? [var.prebuilt_workspaces] : []
    content {
      instances = prebuilds.value
    }
  }
}

data "coder_workspace_preset" "large" {
  name = "Large"
  parameters = {
    (data.coder_parameter.memory.name) = 8
  }
}

locals {
  architecture = var.architecture != null ? var.architecture : data.coder_provisioner.me.arch

  # A registry on the Docker host is localhost for a browser there, and host.docker.internal for the workspace.
  workspace_registry_url = var.workspace_registry_url != null ? var.workspace_registry_url : replace(var.registry_url, "/^(https?://)(localhost|127\\.0\\.0\\.1)/", "$${1}host.docker.internal")

  # A prebuilt workspace has no owner yet.
  has_owner = data.coder_workspace.me.prebuild_count == 0
  registry_user = {
    email    = data.coder_workspace_owner.me.email
    username = data.coder_workspace_owner.me.name
    any      = null
  }[var.registry_user]
}

# Nothing here may depend on the owner: a change would replace the agent when a prebuilt workspace is claimed.
resource "coder_agent" "main" {
  os   = "linux"
  arch = local.architecture

  metadata {
    display_name = "Memory"
    key          = "memory"
    script       = "coder stat mem"
    interval     = 30
    timeout      = 5
  }
  metadata {
    display_name = "Package registry"
    key          = "registry"
    script       = "tail -n 3 \"$HOME/.coder-modules/registry-identity/workspace-clients/registry.status\" 2>/dev/null || echo 'not set up'"
    interval     = 60
    timeout      = 5
  }
}

# These are read when a process starts, so they can change at a claim.
resource "coder_env" "git_name" {
  for_each = toset(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"])

  agent_id = coder_agent.main.id
  name     = each.key
  value    = data.coder_workspace_owner.me.full_name != "" ? data.coder_workspace_owner.me.full_name : data.coder_workspace_owner.me.name
}

resource "coder_env" "git_email" {
  for_each = toset(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"])

  agent_id = coder_agent.main.id
  name     = each.key
  value    = data.coder_workspace_owner.me.email
}

module "workspace" {
  source = "../../modules/docker-workspace"

  workspace_id        = data.coder_workspace.me.id
  start_count         = data.coder_workspace.me.start_count
  agent_token         = coder_agent.main.token
  init_script         = coder_agent.main.init_script
  architecture        = local.architecture
  memory              = data.coder_parameter.memory.value * 1024
  base_image          = var.base_image
  packages            = var.image_packages
  code_server_package = var.code_server_package
  code_server_sha256  = var.code_server_sha256
  use_legacy_builder  = var.use_legacy_builder
  network_mode        = var.docker_network_mode
  host_gateway        = var.docker_host_gateway
}

module "registry" {
  source = "../../modules/registry-oauth"
  count  = data.coder_workspace.me.start_count

  agent_id         = coder_agent.main.id
  registry_url     = local.workspace_registry_url
  external_auth_id = var.external_auth_id
  package_managers = var.package_managers
  username         = local.registry_user
  on_mismatch      = var.on_mismatch
  optional         = var.optional
  ca_certificate   = var.registry_ca_certificate
  refresh_cron     = var.refresh_cron
}

# Where an owner who has not linked their account does so; the workspace works as soon as they have.
resource "coder_app" "link" {
  count = data.coder_workspace.me.start_count

  agent_id     = coder_agent.main.id
  slug         = "link-registry"
  display_name = "Link registry account"
  icon         = "/icon/jfrog.svg"
  url          = module.registry[0].link_url
  external     = true
}

module "code_server" {
  source = "../../modules/code-server"
  count  = data.coder_workspace.me.start_count

  agent_id          = coder_agent.main.id
  extension_gallery = var.extension_gallery
  port              = var.code_server_port
}

# What the dashboard shows of the container. Never the token: metadata is in the state and in the API, hidden or not.
resource "coder_metadata" "workspace" {
  count = data.coder_workspace.me.start_count

  resource_id = module.workspace.container_id
  icon        = "/icon/docker.svg"

  item {
    key   = "Registry"
    value = local.workspace_registry_url
  }
  item {
    key   = "Signed in as"
    value = !local.has_owner ? "nobody yet" : local.registry_user != null ? local.registry_user : "the linked account"
  }
  item {
    key   = "Token"
    value = "renewed by Coder while the workspace runs"
  }
}
