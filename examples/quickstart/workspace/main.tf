# The template author's side: a workspace whose npm, go and pip are signed in as the workspace's owner.
#
# Like the platform's side it reads REGISTRY_URL, REGISTRY_ACCESS_TOKEN and REGISTRY_CA_CERTIFICATE from the environment
# of Coder's provisioner. The administrator's token never reaches the workspace; the one minted for the owner does.

terraform {
  required_version = ">= 1.11"

  required_providers {
    coder = {
      source  = "coder/coder"
      version = ">= 2.4.1"
    }
    registry = {
      source  = "registry-identity/registry"
      version = ">= 0.1.0"
    }
  }
}

provider "coder" {}

provider "registry" {}

variable "ca_certificate" {
  description = "PEM text of the authority that signed the registry's certificate. Empty when every client trusts it anyway."
  type        = string
  default     = ""
}

data "coder_workspace" "me" {}

resource "coder_agent" "main" {
  os   = "linux"
  arch = "amd64"
}

module "registry" {
  source = "../../../modules/registry-token"
  count  = data.coder_workspace.me.start_count

  agent_id       = coder_agent.main.id
  ca_certificate = var.ca_certificate
  package_managers = {
    npm  = "@acme:npm-private"
    go   = "go-private"
    pypi = "pypi-private"
  }
}
