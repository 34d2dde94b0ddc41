variable "agent_id" {
  description = "The id of the agent that runs code-server: `coder_agent.main.id`."
  type        = string
}

variable "extension_gallery" {
  description = "Where extensions come from: `service_url` and, if the gallery has them, `item_url` and `resource_url_template`, as its documentation names them. For coder/code-marketplace at URL these are URL/api, URL/item and URL/files/{publisher}/{name}/{version}/{path}. Null takes code-server's default, Open VSX on the internet."
  type = object({
    service_url           = string
    item_url              = optional(string)
    resource_url_template = optional(string)
  })
  default = null

  validation {
    condition     = var.extension_gallery == null || alltrue([for url in values(coalesce(var.extension_gallery, {})) : url == null || can(regex("^https?://[^\\s'\"\\\\@]+$", url))])
    error_message = "extension_gallery must hold http or https URLs without user name, spaces or quotes."
  }
}

variable "port" {
  description = "Port on the workspace's loopback interface. Workspaces on the host's network need one each."
  type        = number
  default     = 13337

  validation {
    condition     = var.port >= 1024 && var.port <= 65535
    error_message = "port must be from 1024 to 65535."
  }
}

variable "folder" {
  description = "Folder that the editor opens."
  type        = string
  default     = "/home/coder"

  validation {
    condition     = can(regex("^/[A-Za-z0-9_./-]*$", var.folder))
    error_message = "folder must be an absolute path of letters, digits, dots, hyphens and underscores."
  }
}
