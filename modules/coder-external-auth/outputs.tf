output "environment" {
  description = "The Coder server's settings, by name of environment variable, without the client secrets."
  value       = tomap({ for s in flatten(local.ordered) : s.name => s.value })

  precondition {
    condition     = length(local.problems) == 0
    error_message = join("\n", local.problems)
  }
}

output "client_secrets" {
  description = "The settings that hold the client secrets, and where each comes from: id of the provider, name and key of the Kubernetes Secret. To be filled outside of Terraform."
  value       = { for p in local.providers_read : local.secret_names[p.index] => { id = p.id, secret_name = p.secret_ref.name, secret_key = p.secret_ref.key } }
}

output "dotenv" {
  description = "The same as the text of an environment file for systemd (`/etc/coder.d/coder.env`), docker compose or a shell, with placeholders for the client secrets."
  value       = "${local.dotenv}\n"
}

output "helm_values" {
  description = "The same as YAML values for Coder's Helm chart; client secrets are references to Kubernetes Secrets."
  value       = local.helm_values
}

output "callback_urls" {
  description = "By id, the callback (redirect) URL to paste into the provider's OAuth application."
  value       = { for id, urls in local.callback_urls : id => urls[0] }
}

output "needs_premium" {
  description = "Whether Coder needs a Premium licence for it: more than one provider does."
  value       = length(local.providers_read) > 1
}

output "needs_http_path" {
  description = "Whether workspaces must run `git config --global credential.useHttpPath true`: a regex with a path of the host in it never matches otherwise."
  value       = anytrue([for p in local.providers_read : can(regex("[A-Za-z0-9)]/[A-Za-z0-9_-]", try(tostring(p.given.regex), "")))])
}
