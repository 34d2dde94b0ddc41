output "username" {
  description = "The registry user that the workspace's owner is; null without one (no account, no owner yet, or not a start)."
  value       = local.username
}

output "expires_at" {
  description = "When the workspace's token ends, in RFC 3339; null without a token."
  value       = one(registry_token.workspace[*].expires_at)
}

output "registry_url" {
  description = "Base URL of the registry as the workspace reaches it; null when the workspace does not start."
  value       = local.workspace_url
}

output "token_id" {
  description = "The registry's id of the workspace's token, as in its audit log; null without a token. It is no secret."
  value       = one(registry_token.workspace[*].id)
}

output "scripts" {
  description = "Display names of the scripts by purpose (start, refresh, stop); null when the workspace does not start."
  value       = one(module.workspace_clients[*].scripts)
}

output "env_names" {
  description = "Names of the environment variables that carry the user, the token and its end into the workspace; null when it does not start."
  value       = one(module.workspace_clients[*].env_names)
}

output "status_file" {
  description = "Where the workspace keeps one line per package manager about what was set up; null when it does not start."
  value       = one(module.workspace_clients[*].status_file)
}
