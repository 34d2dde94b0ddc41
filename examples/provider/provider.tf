terraform {
  required_providers {
    registry = {
      source  = "registry-identity/registry"
      version = ">= 0.1.0"
    }
  }
}

# The address can stand here. The credential comes from the environment, REGISTRY_ACCESS_TOKEN, so that no plan holds it.
provider "registry" {
  url = "https://registry.example.com"
}
