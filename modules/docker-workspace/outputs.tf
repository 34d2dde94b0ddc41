output "container_id" {
  description = "Docker's id of the container, for `coder_metadata`; null while the workspace is stopped."
  value       = one(docker_container.workspace[*].id)
}

output "container_name" {
  description = "Name of the container, the same for the whole life of the workspace."
  value       = "coder-${var.workspace_id}"
}

output "image" {
  description = "Name of the image, with a tag that changes with what it is built from and with nothing else."
  value       = docker_image.workspace.name
}

output "volume" {
  description = "Name of the volume that holds the home folder."
  value       = docker_volume.home.name
}
