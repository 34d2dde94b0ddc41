output "script" {
  description = "Display name of the script that starts code-server."
  value       = coder_script.start.display_name
}
