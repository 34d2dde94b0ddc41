variable "agent_id" {
  description = "The id of the agent that runs the scripts: `coder_agent.main.id`. Its `api_key_scope` must be `all`, the default: `no_user_data` keeps the workspace from fetching a token."
  type        = string
}

variable "registry_url" {
  description = "Base URL of the registry as the workspace reaches it, for example `https://registry.example.com`. A path is kept; a final `/artifactory` is dropped, because the module adds it."
  type        = string
}

variable "external_auth_id" {
  description = "The ID of the registry in Coder's external authentication (`CODER_EXTERNAL_AUTH_<n>_ID`); the module coder-external-auth writes that configuration. Any type that gives tokens the registry accepts will do, `jfrog` or a generic one."
  type        = string
  default     = "jfrog"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", var.external_auth_id))
    error_message = "external_auth_id must be the ID as in CODER_EXTERNAL_AUTH_<n>_ID: letters, digits, dots, hyphens and underscores, starting with a letter or digit."
  }
}

variable "registry_type" {
  description = "What the registry is. Only `artifactory` works here: Artifact Keeper issues no tokens by OAuth."
  type        = string
  default     = "artifactory"
  nullable    = false

  validation {
    condition     = var.registry_type != "artifact_keeper"
    error_message = "Artifact Keeper is no authorization server: Coder cannot get tokens from it by external authentication. Use the registry-token module, which mints one for the workspace's owner."
  }
  validation {
    condition     = contains(["artifactory", "artifact_keeper"], var.registry_type)
    error_message = "registry_type must be \"artifactory\"."
  }
}

variable "package_managers" {
  description = "Which package managers to configure and from which repositories; see the workspace-clients module for every shape."
  type        = any
}

variable "username" {
  description = "The registry user the owner is expected to be, for example `data.coder_workspace_owner.me.email`. A link to another account is then refused or warned about (`on_mismatch`). Null accepts whichever account the owner linked. Needed by pip, docker and maven when the registry's tokens are opaque, since those want a user name."
  type        = string
  default     = null
}

variable "on_mismatch" {
  description = "What to do when the linked account is not `username`, or its token has an administrator's rights: `refuse` (no credentials) or `warn`."
  type        = string
  default     = "refuse"
  nullable    = false

  validation {
    condition     = contains(["refuse", "warn"], var.on_mismatch)
    error_message = "on_mismatch must be \"refuse\" or \"warn\"."
  }
}

variable "ask_for_link" {
  description = "Have Coder ask for the link when a workspace is created. Without it the owner gets the link from the workspace's start script."
  type        = bool
  default     = true
  nullable    = false
}

variable "optional" {
  description = "Let people create a workspace without linking an account. It starts without credentials, shows the link, and works as soon as they have used it. With false Coder refuses, also to automation that creates workspaces for others."
  type        = bool
  default     = true
  nullable    = false
}

variable "account_help" {
  description = "Shown in the workspace while there are no credentials: text or a link. Null shows where to link the account."
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
  description = "When to renew what npm and other clients without a helper read, and to repair the configuration: six fields, seconds first. The rest asks for a fresh token at each use and does not depend on it."
  type        = string
  default     = "0 */5 * * * *"
  nullable    = false
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
