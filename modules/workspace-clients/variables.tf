variable "agent_id" {
  description = "The id of the agent that runs the scripts: `coder_agent.main.id`, or the sub-agent of a dev container."
  type        = string
}

variable "registry_url" {
  description = "Base URL of the registry as the workspace reaches it, for example `https://registry.example.com` or `https://example.com/tools/registry`. A path is kept; a final `/artifactory` is dropped, because the module adds it."
  type        = string

  validation {
    condition     = can(regex("^https?://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~%@:+-]+)*/?$", var.registry_url))
    error_message = "registry_url must look like https://registry.example.com or https://example.com:8443/some/path: with a scheme, without user name, query or fragment. Percent-encode anything unusual in the path."
  }

  # The credential program answers for no address that two clients could read differently, and so never for such a one.
  validation {
    condition     = length(regexall("//[^/]*\\.\\.|/\\.{1,2}(/|$)|%([^0-9A-Fa-f]|.[^0-9A-Fa-f]|.?$)|(?i:%(2e|2f|5c|3f|23|25|[01][0-9a-f]|7f))", var.registry_url)) == 0
    error_message = "registry_url must not have parts that clients read differently: .. and . as parts of its path, two dots in its host, or percent-encoded dots, slashes, backslashes, question marks, number signs, percent signs and controls."
  }
}

variable "registry_type" {
  description = "What the registry is: `artifactory` or `artifact_keeper`. It decides the package URLs and the user name that goes with a token."
  type        = string

  validation {
    condition     = contains(["artifactory", "artifact_keeper"], var.registry_type)
    error_message = "registry_type must be \"artifactory\" or \"artifact_keeper\"."
  }
}

variable "package_managers" {
  description = "Which package managers to configure (`npm`, `go`, `pypi`, `docker`, `maven`, `cargo`, `conda`) and from which repositories. Per ecosystem a repository key (`\"npm-virtual\"`), a list (`[\"npm-virtual\", \"@acme:npm-private\"]`) or an object with `repositories` and options: for go `fallback` (`off` or `direct`) and `no_sum_db` (module patterns that skip the checksum database, by default all), for pypi `extra_indexes = true` to allow more than one index, for npm `always_auth` (Yarn 1), for docker `hosts`, for maven `mirror_of`, for cargo `crates_io = true` to keep crates.io."
  type        = any

  validation {
    condition     = can(keys(var.package_managers))
    error_message = "package_managers must be an object such as { npm = \"npm-virtual\", go = [\"go-virtual\"] }."
  }
}

variable "token_source" {
  description = "Where the token comes from: `env` (this module's `user` and `token`, fixed until the next start) or `external-auth` (Coder's external authentication, fetched in the workspace and renewed while it runs)."
  type        = string
  default     = "env"
  nullable    = false

  validation {
    condition     = contains(["env", "external-auth"], var.token_source)
    error_message = "token_source must be \"env\" or \"external-auth\"."
  }
}

variable "external_auth_id" {
  description = "The ID of the external authentication provider in Coder's configuration, for token_source = \"external-auth\"."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([A-Za-z0-9][A-Za-z0-9._-]*)?$", var.external_auth_id))
    error_message = "external_auth_id must be the ID as in CODER_EXTERNAL_AUTH_<n>_ID: letters, digits, dots, hyphens and underscores, starting with a letter or digit."
  }
}

variable "on_mismatch" {
  description = "What to do when the linked account is not `user`, or its token has an administrator's rights: `refuse` or `warn`. Only for token_source = \"external-auth\"; the check needs a token that says whose it is (a JWT)."
  type        = string
  default     = "refuse"
  nullable    = false

  validation {
    condition     = contains(["refuse", "warn"], var.on_mismatch)
    error_message = "on_mismatch must be \"refuse\" or \"warn\"."
  }
}

variable "instance" {
  description = "Name of this instance of the module in the workspace. It is part of the environment variables and of the markers in configuration files, so two instances in one workspace need two names."
  type        = string
  default     = "registry"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.instance)) && length(var.instance) <= 32
    error_message = "instance must be 1 to 32 lower-case letters, digits and single hyphens, and start with a letter."
  }
}

variable "user" {
  description = "The registry user that the token belongs to. Empty when there are no credentials, or when the token from external authentication says it."
  type        = string
  default     = ""
  nullable    = false

  validation {
    # White space ends a netrc field, and the agent expands $ in the values of environment variables.
    condition     = can(regex("^[^\\s\\x00-\\x1f$'\"\\\\#:]*$", var.user))
    error_message = "user must not contain white space, quotes or any of $ \\ # : because neither netrc nor Coder's environment variables can carry them."
  }
}

variable "token" {
  description = "The user's token. It reaches the workspace as an environment variable, so every process there can read it, and it is in the Terraform state; keep it short-lived. Empty configures the clients without credentials."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._~+/=:@%-]*$", var.token))
    error_message = "token contains characters that no registry token has; was something else passed by mistake?"
  }

  sensitive = true
}

variable "token_expires_at" {
  description = "When the token ends, as RFC 3339 in UTC (`2030-01-31T12:00:00Z`). Empty when it does not. The refresh script warns 24 hours before."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z)?$", var.token_expires_at))
    error_message = "token_expires_at must be a UTC time such as 2030-01-31T12:00:00Z, or empty."
  }
}

variable "ca_certificate" {
  description = "PEM text of the certificate authorities that signed the registry's certificate, when the image does not already trust them."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = trimspace(var.ca_certificate) == "" || length(regexall("-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----", var.ca_certificate)) > 0
    error_message = "ca_certificate must contain at least one PEM block (-----BEGIN CERTIFICATE-----); pass the text, for example file(\"ca.pem\"), not a path."
  }
}

variable "allow_plain_http" {
  description = "Accept a registry_url with http. The token then crosses the network in the clear, and go does not work at all."
  type        = bool
  default     = false
}

variable "account_help" {
  description = "Shown in the workspace when its owner has no credentials: how to get a registry account. Text or a link."
  type        = string
  default     = "Ask the administrators of the registry for an account, then stop and start this workspace."
  nullable    = false
}

variable "start_blocks_login" {
  description = "Let nobody log in before the clients are configured, so that the first install already works."
  type        = bool
  default     = true
}

variable "refresh_cron" {
  description = "When to repair the configuration and look at the token's expiry: six fields, seconds first."
  type        = string
  default     = "0 */15 * * * *"
  nullable    = false

  validation {
    condition     = length(regexall("\\S+", var.refresh_cron)) == 6
    error_message = "refresh_cron must have six fields, seconds first, for example \"0 */15 * * * *\"."
  }
}

variable "run_on_stop" {
  description = "Remove configuration and credentials when the workspace stops. Best effort: the agent needs a moment to run it (Docker templates set destroy_grace_seconds)."
  type        = bool
  default     = true
}

variable "display_name" {
  description = "Name of the scripts in the Coder dashboard."
  type        = string
  default     = "Package registry"
  nullable    = false
}

variable "icon" {
  description = "Icon of the scripts in the Coder dashboard."
  type        = string
  default     = "/icon/database.svg"
  nullable    = false
}
