variable "docker_host" {
  description = "Address of the Docker engine, such as `unix:///var/run/docker.sock` or `ssh://user@host`. Null takes the provider's default."
  type        = string
  default     = null
}

variable "docker_network_mode" {
  description = "Docker network of the image build and the container: `bridge`, `host`, or the name of a network."
  type        = string
  default     = "bridge"
}

variable "docker_host_gateway" {
  description = "Address of the Docker host as a container reaches it; it becomes host.docker.internal. `host-gateway` lets Docker fill it in."
  type        = string
  default     = "host-gateway"
}

variable "architecture" {
  description = "Processor architecture of the Docker host: `amd64` or `arm64`. Null takes the one of Coder's provisioner."
  type        = string
  default     = null
}

variable "base_image" {
  description = "Image to build the workspace image on, Debian 13 or newer. Take it from a mirror, if the Docker host has no internet."
  type        = string
  default     = "debian:trixie-slim"
}

variable "image_packages" {
  description = "Debian packages of the image. Null takes the usual ones (git, Go, Node.js and npm, Python and pip); those that the base image has are not downloaded."
  type        = list(string)
  default     = null
}

variable "code_server_package" {
  description = "URL of code-server's .deb, with `ARCH` in place of the architecture, for example from a mirror. Null: no code-server, unless the base image has it."
  type        = string
  default     = null
}

variable "code_server_sha256" {
  description = "SHA-256 of that package. Null skips the check."
  type        = string
  default     = null
}

variable "code_server_port" {
  description = "Port of code-server inside the workspace. Matters on the host network only, where workspaces share the ports."
  type        = number
  default     = 13337
}

variable "extension_gallery" {
  description = "The registry's gallery of editor extensions: `service_url` and, if it has them, `item_url` and `resource_url_template`. Null takes code-server's default, Open VSX on the internet."
  type = object({
    service_url           = string
    item_url              = optional(string)
    resource_url_template = optional(string)
  })
  default = null
}

variable "use_legacy_builder" {
  description = "Build the image with Docker's classic builder, for hosts without BuildKit."
  type        = bool
  default     = false
}

variable "registry_url" {
  description = "Base URL of Artifactory, for example `https://registry.example.com`. A path is kept; a final `/artifactory` is dropped."
  type        = string
}

variable "workspace_registry_url" {
  description = "Base URL as a workspace reaches it, if that is another. Null takes registry_url, with host.docker.internal in place of localhost."
  type        = string
  default     = null
}

variable "external_auth_id" {
  description = "Id of the registry in Coder's external authentication (`CODER_EXTERNAL_AUTH_<n>_ID`); the module coder-external-auth writes those settings."
  type        = string
  default     = "jfrog"
}

variable "registry_user" {
  description = "Which registry user the linked account has to be: the one named like the owner's `email` or `username` in Coder, or `any`."
  type        = string
  default     = "email"

  validation {
    condition     = contains(["email", "username", "any"], var.registry_user)
    error_message = "registry_user must be \"email\", \"username\" or \"any\"."
  }
}

variable "on_mismatch" {
  description = "What to do when somebody linked another account, or an administrator's: `refuse` or `warn`."
  type        = string
  default     = "refuse"
}

variable "optional" {
  description = "Let people create a workspace before they have linked their account."
  type        = bool
  default     = true
}

variable "refresh_cron" {
  description = "When to renew the token that npm and other clients without a helper read: six fields, seconds first."
  type        = string
  default     = "0 */5 * * * *"
}

variable "registry_ca_certificate" {
  description = "PEM text of the authority that signed the registry's certificate. Empty when the image trusts it anyway."
  type        = string
  default     = ""
}

variable "package_managers" {
  description = "Package managers to configure, and from which repositories; see the workspace-clients module for every shape."
  type        = any
  default = {
    npm  = "npm-virtual"
    go   = "go-virtual"
    pypi = "pypi-virtual"
  }
}

variable "prebuilt_workspaces" {
  description = "How many workspaces of the Standard preset Coder keeps ready. Prebuilds need a Premium licence; 0 turns them off."
  type        = number
  default     = 0
}
