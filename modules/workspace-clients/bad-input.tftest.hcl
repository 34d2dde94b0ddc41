# Every mistake a template author can make is found at plan, with a message that names it.

mock_provider "coder" {}

variables {
  agent_id         = "agent"
  registry_url     = "https://registry.example.com"
  registry_type    = "artifactory"
  package_managers = { npm = "npm-virtual" }
}

run "unknown_package_manager" {
  command = plan

  variables {
    package_managers = { npm = "npm-virtual", nmp = "npm-virtual" }
  }

  expect_failures = [coder_script.start]
}

run "two_default_npm_repositories" {
  command = plan

  variables {
    package_managers = { npm = ["npm-a", "npm-b"] }
  }

  expect_failures = [coder_script.start]
}

run "the_same_npm_scope_twice" {
  command = plan

  variables {
    package_managers = { npm = ["@acme:npm-a", "@acme:npm-b"] }
  }

  expect_failures = [coder_script.start]
}

run "the_same_go_repository_twice" {
  command = plan

  variables {
    package_managers = { go = ["go-a", "go-a"] }
  }

  expect_failures = [coder_script.start]
}

run "two_pypi_indexes_without_consent" {
  command = plan

  variables {
    package_managers = { pypi = ["pypi-a", "pypi-b"] }
  }

  expect_failures = [coder_script.start]
}

run "upper_case_scope" {
  command = plan

  variables {
    package_managers = { npm = ["@Acme:npm-a"] }
  }

  expect_failures = [coder_script.start]
}

run "scope_without_key" {
  command = plan

  variables {
    package_managers = { npm = ["@acme:"] }
  }

  expect_failures = [coder_script.start]
}

run "scope_outside_npm" {
  command = plan

  variables {
    package_managers = { pypi = "@acme:pypi-a" }
  }

  expect_failures = [coder_script.start]
}

run "key_with_a_slash" {
  command = plan

  variables {
    package_managers = { go = "go/../../admin" }
  }

  expect_failures = [coder_script.start]
}

run "key_with_a_quote" {
  command = plan

  variables {
    package_managers = { go = "go'$(id)" }
  }

  expect_failures = [coder_script.start]
}

run "key_with_a_line_break" {
  command = plan

  variables {
    package_managers = { npm = "npm\nregistry=https://evil.example.com" }
  }

  expect_failures = [coder_script.start]
}

run "empty_key" {
  command = plan

  variables {
    package_managers = { npm = "" }
  }

  expect_failures = [coder_script.start]
}

run "entry_that_is_no_text" {
  command = plan

  variables {
    package_managers = { npm = [{ key = "npm-a" }] }
  }

  expect_failures = [coder_script.start]
}

run "null_entry" {
  command = plan

  variables {
    package_managers = { npm = ["npm-a", null] }
  }

  expect_failures = [coder_script.start]
}

run "unknown_option" {
  command = plan

  variables {
    package_managers = { go = { repositories = ["go-a"], fall_back = "direct" } }
  }

  expect_failures = [coder_script.start]
}

run "option_of_another_ecosystem" {
  command = plan

  variables {
    package_managers = { npm = { repositories = ["npm-a"], fallback = "direct" } }
  }

  expect_failures = [coder_script.start]
}

run "object_without_repositories" {
  command = plan

  variables {
    package_managers = { go = { fallback = "off" } }
  }

  expect_failures = [coder_script.start]
}

run "unknown_fallback" {
  command = plan

  variables {
    package_managers = { go = { repositories = ["go-a"], fallback = "proxy.example.com" } }
  }

  expect_failures = [coder_script.start]
}

run "bad_module_pattern" {
  command = plan

  variables {
    package_managers = { go = { repositories = ["go-a"], no_sum_db = ["a,b\nGOPROXY=x"] } }
  }

  expect_failures = [coder_script.start]
}

run "extra_indexes_not_a_bool" {
  command = plan

  variables {
    package_managers = { pypi = { repositories = ["pypi-a"], extra_indexes = "maybe" } }
  }

  expect_failures = [coder_script.start]
}

run "not_an_object" {
  command = plan

  variables {
    package_managers = "npm"
  }

  expect_failures = [var.package_managers]
}

run "a_list_of_managers" {
  command = plan

  variables {
    package_managers = ["npm"]
  }

  expect_failures = [var.package_managers]
}

run "plain_http_without_consent" {
  command = plan

  variables {
    registry_url = "http://registry.example.com"
  }

  expect_failures = [coder_script.start]
}

run "go_over_plain_http" {
  command = plan

  variables {
    registry_url     = "http://registry.example.com"
    allow_plain_http = true
    package_managers = { go = "go-a" }
  }

  expect_failures = [coder_script.start]
}

run "unknown_registry_type" {
  command = plan

  variables {
    registry_type = "nexus"
  }

  expect_failures = [var.registry_type]
}

run "bad_instance_name" {
  command = plan

  variables {
    instance = "Second One"
  }

  expect_failures = [var.instance]
}

run "user_with_a_blank" {
  command = plan

  variables {
    user = "jane doe"
  }

  expect_failures = [var.user]
}

run "user_with_a_dollar" {
  command = plan

  variables {
    user = "jane$HOME"
  }

  expect_failures = [var.user]
}

run "token_with_a_line_break" {
  command = plan

  variables {
    token = "abc\npassword"
  }

  expect_failures = [var.token]
}

run "token_with_a_dollar" {
  command = plan

  variables {
    token = "abc$HOME"
  }

  expect_failures = [var.token]
}

run "expiry_in_local_time" {
  command = plan

  variables {
    token_expires_at = "2030-01-31 12:00:00"
  }

  expect_failures = [var.token_expires_at]
}

run "certificate_path_instead_of_text" {
  command = plan

  variables {
    ca_certificate = "/etc/ssl/ca.pem"
  }

  expect_failures = [var.ca_certificate]
}

run "five_field_cron" {
  command = plan

  variables {
    refresh_cron = "*/15 * * * *"
  }

  expect_failures = [var.refresh_cron]
}

run "script_too_long_for_the_agent" {
  command = plan

  variables {
    account_help = join("", [for i in range(1000) : format("%140d", i)])
  }

  expect_failures = [coder_script.start]
}
