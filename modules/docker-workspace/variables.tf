variable "workspace_id" {
  description = "`data.coder_workspace.me.id`. Container and volume are named after it: it survives a rename and the claim of a prebuilt workspace, while names and owners do not."
  type        = string
}

variable "start_count" {
  description = "`data.coder_workspace.me.start_count`: 1 while the workspace runs, 0 while it is stopped. The home volume stays."
  type        = number
}

variable "agent_token" {
  description = "`coder_agent.main.token`. It is in the container's environment, where `docker inspect` shows it to whoever may use the Docker host."
  type        = string
  sensitive   = true
}

variable "init_script" {
  description = "`coder_agent.main.init_script`. Where it names localhost or 127.0.0.1, which in the container would be the container itself, host.docker.internal takes its place."
  type        = string
}

variable "architecture" {
  description = "Processor architecture of the Docker host: `amd64` or `arm64`."
  type        = string

  validation {
    condition     = contains(["amd64", "arm64"], var.architecture)
    error_message = "architecture must be \"amd64\" or \"arm64\"."
  }
}

variable "base_image" {
  description = "Image to build on: Debian 13 or newer, or anything with apt. Pin it by digest, and take it from a mirror, if the Docker host has no internet."
  type        = string
  default     = "debian:trixie-slim"
  nullable    = false
}

variable "packages" {
  description = "Debian packages that the image must have. Those that the base image has already are not downloaded."
  type        = list(string)
  default     = ["ca-certificates", "curl", "git", "golang-go", "nodejs", "npm", "openssl", "procps", "python3", "python3-pip", "python3-venv"]
  nullable    = false

  validation {
    condition     = alltrue([for name in var.packages : can(regex("^[a-z0-9][a-z0-9+.-]+$", name))])
    error_message = "packages must be names of Debian packages."
  }
}

variable "code_server_package" {
  description = "URL of code-server's .deb, with `ARCH` where the architecture stands, for example on a mirror. Null leaves the image without code-server, unless the base image has it."
  type        = string
  default     = null

  validation {
    condition     = var.code_server_package == null || can(regex("^https?://[^\\s'\"\\\\]+$", var.code_server_package))
    error_message = "code_server_package must be an http or https URL."
  }
}

variable "code_server_sha256" {
  description = "SHA-256 of that package, as 64 hexadecimal digits. Null skips the check."
  type        = string
  default     = null

  validation {
    condition     = var.code_server_sha256 == null || can(regex("^[0-9a-f]{64}$", var.code_server_sha256))
    error_message = "code_server_sha256 must be 64 lower-case hexadecimal digits."
  }
}

variable "use_legacy_builder" {
  description = "Build with the classic builder, for Docker hosts without BuildKit."
  type        = bool
  default     = false
}

variable "network_mode" {
  description = "Docker network of build and container: `bridge`, `host`, or the name of a network."
  type        = string
  default     = "bridge"
  nullable    = false
}

variable "host_gateway" {
  description = "Address of the Docker host as the container reaches it, for host.docker.internal. `host-gateway` lets Docker fill it in."
  type        = string
  default     = "host-gateway"
  nullable    = false
}

variable "memory" {
  description = "The container's memory limit in MiB; 0 for none."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.memory == 0 || var.memory >= 64
    error_message = "memory must be 0 (no limit) or at least 64 MiB."
  }
}

variable "grace_seconds" {
  description = "Seconds between the request to stop and the end. The agent runs its stop scripts in them, which remove credentials from the home volume; with 0 they never run."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.grace_seconds >= 1
    error_message = "grace_seconds must be at least 1: without a grace period Docker kills the agent before it has removed the credentials from the home volume."
  }
}
