locals {
  gallery = var.extension_gallery == null ? "" : jsonencode({
    for name, value in {
      serviceUrl          = var.extension_gallery.service_url
      itemUrl             = var.extension_gallery.item_url
      resourceUrlTemplate = var.extension_gallery.resource_url_template
    } : name => value if value != null
  })
}

resource "coder_script" "start" {
  agent_id     = var.agent_id
  display_name = "code-server"
  icon         = "/icon/code.svg"
  run_on_start = true
  timeout      = 60
  # The same text for everybody. It downloads nothing: code-server is in the image, or it is not.
  script = "#!/bin/sh\nport='${var.port}'\ngallery='${local.gallery}'\n${file("${path.module}/start.sh")}"
}

resource "coder_app" "code_server" {
  agent_id     = var.agent_id
  slug         = "code-server"
  display_name = "code-server"
  icon         = "/icon/code.svg"
  url          = "http://localhost:${var.port}/?folder=${var.folder}"
  subdomain    = false
  share        = "owner"

  healthcheck {
    url       = "http://localhost:${var.port}/healthz"
    interval  = 5
    threshold = 6
  }
}
