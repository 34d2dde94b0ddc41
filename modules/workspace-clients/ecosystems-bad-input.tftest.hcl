# What package managers other than npm, go and pip cannot be given.

mock_provider "coder" {}

variables {
  agent_id         = "agent"
  registry_url     = "https://registry.example.com"
  registry_type    = "artifactory"
  package_managers = { npm = "npm-virtual" }
}

run "two_maven_repositories" {
  command = plan

  variables {
    package_managers = { maven = ["maven-a", "maven-b"] }
  }

  expect_failures = [coder_script.start]
}

run "maven_mirror_of_with_markup" {
  command = plan

  variables {
    package_managers = { maven = { repositories = "maven-a", mirror_of = "</mirrorOf>" } }
  }

  expect_failures = [coder_script.start]
}

run "two_crates_registries_of_one_name" {
  command = plan

  variables {
    package_managers = { cargo = ["cargo.a", "Cargo-A"] }
  }

  expect_failures = [coder_script.start]
}

run "crates_io_not_a_bool" {
  command = plan

  variables {
    package_managers = { cargo = { repositories = "cargo-a", crates_io = "maybe" } }
  }

  expect_failures = [coder_script.start]
}

run "docker_host_with_a_scheme" {
  command = plan

  variables {
    package_managers = { docker = { repositories = "docker-a", hosts = ["https://docker.example.com"] } }
  }

  expect_failures = [coder_script.start]
}

run "docker_below_a_path" {
  command = plan

  variables {
    registry_url     = "https://example.com/tools/registry"
    package_managers = { docker = "docker-a" }
  }

  expect_failures = [coder_script.start]
}
