output "scripts" {
  description = "Display names of the scripts by purpose, for templates that order other scripts after them."
  value = {
    start   = coder_script.start.display_name
    refresh = coder_script.refresh.display_name
    stop    = one(coder_script.stop[*].display_name)
  }
}

output "script_texts" {
  description = "The scripts themselves by purpose (start, refresh, stop). They hold no secret and are the same for every user."
  value       = local.script_texts
}

output "env_names" {
  description = "Names of the environment variables that carry the user, the token and its end into the workspace."
  value       = local.env_names
}

output "client_variables" {
  description = "Environment variables that package managers read. No secret is in them."
  value       = local.client_variables
}

output "status_file" {
  description = "Where the workspace keeps one line per package manager about what was set up."
  value       = "${local.data_dir}/${var.instance}.status"
}
