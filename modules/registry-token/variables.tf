variable "agent_id" {
  description = "The id of the agent that runs the scripts: `coder_agent.main.id`."
  type        = string
}

variable "package_managers" {
  description = "Which package managers to configure (`npm`, `go`, `pypi`, `docker`, `maven`, `cargo`, `conda`) and from which repositories; see the workspace-clients module for every shape."
  type        = any
}

variable "workspace_url" {
  description = "Base URL of the registry as the workspace reaches it, when that is not the URL in the provider block (a container that needs host.docker.internal, for example). Null takes the provider's."
  type        = string
  default     = null
}

variable "registry_type" {
  description = "What the registry is: `artifactory` or `artifact_keeper`. Null takes the provider's `type`, or asks the server."
  type        = string
  default     = null
}

variable "lifetime" {
  description = "How long the token lives, as a duration such as `12h` or `7d` (whole days on Artifact Keeper). It is fixed when the workspace starts and must cover the longest time it runs; a stop revokes the token sooner."
  type        = string
  default     = "7d"
  nullable    = false

  validation {
    condition     = !contains(["never", "default"], var.lifetime)
    error_message = "lifetime must be a duration: a token in a workspace has to end, and the workspace has to know when."
  }
}

variable "rotate_before" {
  description = "Mint a new token at a build that finds less than this left, as a duration such as `1d`. Only matters for builds without a stop before them. Must be shorter than the lifetime."
  type        = string
  default     = null
}

variable "scopes" {
  description = "What the token may do, in the registry's own words, one scope in each element. Null takes the registry's default for a user who installs packages."
  type        = set(string)
  default     = null

  # Artifactory receives all scopes in one string and splits it at blanks outside double quotes.
  validation {
    condition     = var.scopes == null ? true : alltrue([for s in var.scopes : can(regex("^([^\\s\\p{Z}\\p{C}\"\\\\]|\"( |[^\\s\\p{Z}\\p{C}\"\\\\])*\")+$", s))])
    error_message = "Each element of scopes must be exactly one scope: no white space outside double quotes, no backslash, no invisible character, and every double quote closed. Write several scopes as several elements."
  }
}

variable "match" {
  description = "How the owner's registry user is found, in order: `email`, `username`, `email_local_part`. Null takes the provider's default."
  type        = list(string)
  default     = null
}

variable "override" {
  description = "Registry user names for owners whom no look-up finds, by their e-mail address or Coder user name."
  type        = map(string)
  default     = null
}

variable "verify_email" {
  description = "Require the registry user's e-mail address to be the owner's. Coder users can rename themselves, so without it they choose whose token they get."
  type        = bool
  default     = true
}

variable "scan" {
  description = "Search all users for the owner's e-mail address when the look-ups find nobody. On Artifactory this costs one request per user."
  type        = bool
  default     = false
}

variable "on_missing" {
  description = "What to do for an owner without a registry user: `null` starts the workspace without credentials and shows account_help, `error` refuses the start."
  type        = string
  default     = "null"

  validation {
    condition     = contains(["null", "error"], var.on_missing)
    error_message = "on_missing must be \"null\" or \"error\"."
  }
}

variable "account_help" {
  description = "Shown in the workspace when its owner has no registry user: how to get one. Text or a link."
  type        = string
  default     = null
}

variable "ca_certificate" {
  description = "PEM text of the certificate authorities that signed the registry's certificate, when the image does not already trust them."
  type        = string
  default     = ""
}

variable "allow_plain_http" {
  description = "Accept a registry that the workspace reaches by http. The token then crosses the network in the clear, and go does not work at all."
  type        = bool
  default     = false
}

variable "instance" {
  description = "Name of this instance of the module in the workspace; two instances need two names."
  type        = string
  default     = "registry"
}

variable "start_blocks_login" {
  description = "Let nobody log in before the clients are configured, so that the first install already works."
  type        = bool
  default     = true
}

variable "refresh_cron" {
  description = "When to repair the configuration and look at the token's expiry: six fields, seconds first. Null takes every 15 minutes."
  type        = string
  default     = null
}

variable "run_on_stop" {
  description = "Remove configuration and credentials from the home folder when the workspace stops. Best effort: the agent needs a moment to run it (Docker templates set destroy_grace_seconds)."
  type        = bool
  default     = true
}

variable "display_name" {
  description = "Name of the scripts in the Coder dashboard. Null takes the one of workspace-clients."
  type        = string
  default     = null
}

variable "icon" {
  description = "Icon of the scripts in the Coder dashboard. Null takes the one of workspace-clients."
  type        = string
  default     = null
}
