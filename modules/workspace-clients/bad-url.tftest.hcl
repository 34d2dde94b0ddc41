# Every registry_url that a client reads differently than the credential program is found at plan.

mock_provider "coder" {}

variables {
  agent_id         = "agent"
  registry_url     = "https://registry.example.com"
  registry_type    = "artifactory"
  package_managers = { npm = "npm-virtual" }
}

run "url_without_scheme" {
  command = plan

  variables {
    registry_url = "registry.example.com"
  }

  expect_failures = [var.registry_url]
}

run "url_with_credentials" {
  command = plan

  variables {
    registry_url = "https://jane:secret@registry.example.com"
  }

  expect_failures = [var.registry_url]
}

run "url_with_a_query" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/?a=b"
  }

  expect_failures = [var.registry_url]
}

run "url_with_a_shell_in_it" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/$(id)'"
  }

  expect_failures = [var.registry_url]
}

run "url_that_leaves_its_path" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/tools/../other"
  }

  expect_failures = [var.registry_url]
}

run "url_that_leaves_its_path_encoded" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/tools/%2E%2e/other"
  }

  expect_failures = [var.registry_url]
}

run "url_with_an_encoded_slash" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/tools%2Fother"
  }

  expect_failures = [var.registry_url]
}

run "url_with_a_lone_percent" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/tools%2"
  }

  expect_failures = [var.registry_url]
}

run "url_with_a_zero_before_its_port" {
  command = plan

  variables {
    registry_url = "https://registry.example.com:0443"
  }

  expect_failures = [var.registry_url]
}

run "url_with_two_dots_in_its_host" {
  command = plan

  variables {
    registry_url = "https://registry..example.com"
  }

  expect_failures = [var.registry_url]
}

run "url_with_an_encoded_blank_is_fine" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/our%20tools/v1..2/.well"
  }
}

run "url_with_a_line_break" {
  command = plan

  variables {
    registry_url = "https://registry.example.com/a\nb"
  }

  expect_failures = [var.registry_url]
}
