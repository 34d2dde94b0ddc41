output "link_url" {
  description = "Where the workspace's owner links their registry account, for example for a coder_app."
  value       = local.link_url
}

output "scripts" {
  description = "Display names of the scripts by purpose (start, refresh, stop); null when the workspace does not start."
  value       = one(module.workspace_clients[*].scripts)
}

output "script_texts" {
  description = "The scripts themselves by purpose. They hold no secret and are the same for every user; null when the workspace does not start."
  value       = one(module.workspace_clients[*].script_texts)
}

output "client_variables" {
  description = "Environment variables that package managers read. No secret is in them; null when the workspace does not start."
  value       = one(module.workspace_clients[*].client_variables)
}

output "env_names" {
  description = "Names of the environment variables of this instance; null when the workspace does not start."
  value       = one(module.workspace_clients[*].env_names)
}

output "status_file" {
  description = "Where the workspace keeps one line per package manager about what was set up; null when it does not start."
  value       = one(module.workspace_clients[*].status_file)
}
