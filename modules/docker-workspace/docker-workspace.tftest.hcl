# Shape of the container, without a Docker engine; internal/e2e has one.

mock_provider "docker" {}

variables {
  workspace_id = "3f6d3c1e-0000-4000-8000-000000000001"
  start_count  = 1
  agent_token  = "agent-token"
  init_script  = "curl http://localhost:3000/bin/x || curl https://127.0.0.1:8443/y; exec coder agent"
  architecture = "amd64"
}

run "started" {
  assert {
    condition     = docker_container.workspace[0].entrypoint[2] == "curl http://host.docker.internal:3000/bin/x || curl https://host.docker.internal:8443/y; exec coder agent"
    error_message = "localhost in a container is the container"
  }
  assert {
    condition     = docker_container.workspace[0].destroy_grace_seconds == 30
    error_message = "stop scripts need time"
  }
  assert {
    condition     = docker_container.workspace[0].name == "coder-3f6d3c1e-0000-4000-8000-000000000001" && docker_volume.home.name == "coder-3f6d3c1e-0000-4000-8000-000000000001-home"
    error_message = "named after the id, which a claim does not change"
  }
  assert {
    condition     = one(docker_container.workspace[0].host).ip == "host-gateway" && docker_container.workspace[0].network_mode == "bridge" && docker_container.workspace[0].memory == null
    error_message = "Docker's own defaults"
  }
}

run "stopped" {
  variables {
    start_count = 0
  }
  assert {
    condition     = length(docker_container.workspace) == 0 && docker_volume.home.name == "coder-3f6d3c1e-0000-4000-8000-000000000001-home" && output.container_id == null
    error_message = "the container goes, the home stays"
  }
}

run "the_image_is_everybodys" {
  command = plan

  module {
    source = "./tests/three-images"
  }
  assert {
    condition     = output.images.one == output.images.two
    error_message = "the image must not depend on the workspace"
  }
  assert {
    condition     = output.images.one != output.images.other
    error_message = "other packages are another image"
  }
}

run "arm64_on_the_host_network" {
  variables {
    architecture = "arm64"
    network_mode = "host"
    host_gateway = "127.0.0.1"
    memory       = 2048
  }
  assert {
    condition     = one(docker_image.workspace.build).platform == "linux/arm64" && one(docker_image.workspace.build).network_mode == "host"
    error_message = "the build has the same platform and network"
  }
  assert {
    condition     = one(docker_container.workspace[0].host).ip == "127.0.0.1" && docker_container.workspace[0].memory == 2048
    error_message = "host.docker.internal is where the variable says"
  }
}

run "unknown_architecture" {
  command = plan

  variables {
    architecture = "armv7"
  }

  expect_failures = [var.architecture]
}

run "no_time_for_stop_scripts" {
  command = plan

  variables {
    grace_seconds = 0
  }

  expect_failures = [var.grace_seconds]
}

run "package_name_with_a_shell_in_it" {
  command = plan

  variables {
    packages = ["git; curl evil"]
  }

  expect_failures = [var.packages]
}
