mock_provider "coder" {}

variables {
  agent_id = "agent"
}

run "default_gallery" {
  assert {
    condition     = strcontains(coder_script.start.script, "\ngallery=''\n") && startswith(coder_script.start.script, "#!/bin/sh\nport='13337'\n")
    error_message = "code-server's own default is left alone"
  }
  assert {
    condition     = coder_app.code_server.url == "http://localhost:13337/?folder=/home/coder" && coder_app.code_server.share == "owner"
    error_message = "only the owner gets in, since code-server itself asks for no password"
  }
}

run "gallery_of_the_registry" {
  variables {
    extension_gallery = { service_url = "https://market.example.com/api", item_url = "https://market.example.com/item" }
  }
  assert {
    condition     = strcontains(coder_script.start.script, "\ngallery='{\"itemUrl\":\"https://market.example.com/item\",\"serviceUrl\":\"https://market.example.com/api\"}'\n")
    error_message = "the gallery reaches code-server as the JSON it reads"
  }
}

run "gallery_with_a_quote" {
  command = plan

  variables {
    extension_gallery = { service_url = "https://market.example.com/'; rm -rf ~ #" }
  }

  expect_failures = [var.extension_gallery]
}

run "privileged_port" {
  command = plan

  variables {
    port = 80
  }

  expect_failures = [var.port]
}

run "folder_with_a_query" {
  command = plan

  variables {
    folder = "/home/coder?x=1"
  }

  expect_failures = [var.folder]
}
