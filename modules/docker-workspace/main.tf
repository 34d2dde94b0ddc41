locals {
  build_args = {
    BASE_IMAGE          = var.base_image
    PACKAGES            = join(" ", var.packages)
    CODE_SERVER_PACKAGE = var.code_server_package != null ? var.code_server_package : ""
    CODE_SERVER_SHA256  = var.code_server_sha256 != null ? var.code_server_sha256 : ""
    ARCH                = var.architecture
  }
  # Nothing of the owner or the workspace is in it, so all of them share one image.
  image_hash = substr(sha256(jsonencode([filesha256("${path.module}/image/Dockerfile"), local.build_args])), 0, 12)
}

resource "docker_image" "workspace" {
  name = "coder-workspace:${local.image_hash}"
  # Other workspaces use it.
  keep_locally = true

  build {
    context            = "${path.module}/image"
    build_args         = local.build_args
    platform           = "linux/${var.architecture}"
    network_mode       = var.network_mode == "host" ? "host" : null
    use_legacy_builder = var.use_legacy_builder
  }
}

# Not counted: it outlives a stop.
resource "docker_volume" "home" {
  name = "coder-${var.workspace_id}-home"

  labels {
    label = "coder.workspace_id"
    value = var.workspace_id
  }

  # Replacing it would delete somebody's home.
  lifecycle {
    ignore_changes = all
  }
}

resource "docker_container" "workspace" {
  count = var.start_count

  image = docker_image.workspace.image_id
  name  = "coder-${var.workspace_id}"

  entrypoint   = ["sh", "-c", replace(var.init_script, "/localhost|127\\.0\\.0\\.1/", "host.docker.internal")]
  env          = ["CODER_AGENT_TOKEN=${var.agent_token}"]
  network_mode = var.network_mode
  memory       = var.memory == 0 ? null : var.memory
  # The same as memory: no swap on top. Left out, Docker fills it in and every plan wants to undo that.
  memory_swap = var.memory == 0 ? null : var.memory

  # Without them Docker kills the agent at once, and its stop scripts never run.
  destroy_grace_seconds = var.grace_seconds
  stop_timeout          = var.grace_seconds

  host {
    host = "host.docker.internal"
    ip   = var.host_gateway
  }

  volumes {
    container_path = "/home/coder"
    volume_name    = docker_volume.home.name
  }

  labels {
    label = "coder.workspace_id"
    value = var.workspace_id
  }
}
