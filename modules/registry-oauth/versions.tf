terraform {
  required_version = ">= 1.11"

  required_providers {
    coder = {
      source  = "coder/coder"
      version = ">= 2.4.1"
    }
  }
}
